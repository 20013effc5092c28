// SPDX-License-Identifier: Apache-2.0
#include "milter/status/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "milter/status/token.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/mail/network.h"

namespace milterward::status {
namespace {

using ports::WebAnswer;

constexpr auto metrics_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::size_t longest_search = 300;

WebAnswer plain(int status, std::string text) {
  WebAnswer answer;
  answer.status = status;
  answer.body = std::move(text);
  return answer;
}

WebAnswer shown(std::string page, int status = 200) {
  auto answer = plain(status, std::move(page));
  answer.type = "text/html; charset=utf-8";
  return answer;
}

/// Nothing is loaded from elsewhere, run, framed, kept or guessed.
void forbid_the_rest(WebAnswer& answer) {
  answer.headers.insert(
      answer.headers.end(),
      {{"Content-Security-Policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"},
       {"X-Content-Type-Options", "nosniff"},
       {"Referrer-Policy", "no-referrer"},
       {"Cache-Control", "no-store"}});
}

/// RFC 9110 section 11.6.1: browsers then ask for it.
WebAnswer asks_for_token() {
  auto answer = shown(note_page("The token is needed",
                                "Reload the page and give the token of status.token_file "
                                "as password; any user name will do."),
                      401);
  answer.headers.emplace_back("WWW-Authenticate",
                              "Basic realm=\"Milterward\", charset=\"UTF-8\"");
  return answer;
}

/// RFC 6585 section 4.
WebAnswer too_many_guesses() {
  auto answer = shown(note_page("Too many wrong tokens",
                                "So many wrong tokens came from your address that none "
                                "is looked at for a minute."),
                      429);
  answer.headers.emplace_back("Retry-After",
                              std::to_string(std::chrono::seconds{guess_window}.count()));
  return answer;
}

void note_wrong_token(Guesses& guesses, const IpAddress& client, SteadyTime now) {
  if (!guesses.note_wrong(client, now)) return;
  log_event(Event::status_guessing,
            {{"client", client.text()},
             {"limit", std::to_string(most_wrong_tokens)},
             {"window", fmt::format("{}s", std::chrono::seconds{guess_window}.count())}});
}

/// Where a visitor gets it over with once. No redirect to the page: browsers (Chromium 156)
/// do not send there what they were just told.
WebAnswer answer_token(const SiteSources& sources, Access access) {
  switch (access) {
    case Access::names_shown:
      return shown(overview_page(sources.overview(), access));
    case Access::names_hidden:
      return asks_for_token();
    case Access::no_token:
      return shown(note_page("There is no token",
                             "Addresses are shown only with a token, and no "
                             "status.token_file is set."),
                   404);
  }
  unreachable();
}

WebAnswer answer_of(const SiteSources& sources, Guesses& guesses,
                    const ports::WebRequest& request) {
  if (!is_host_of_ours(request.host, sources.hosts()))
    return plain(421, "This host does not go by that name; see status.hosts.\n");
  if (request.path == "/metrics") {
    auto answer = plain(200, sources.metrics());
    answer.type = metrics_type;
    return answer;
  }
  if (request.path == "/style.css") {
    auto answer = plain(200, style_sheet());
    answer.type = "text/css; charset=utf-8";
    return answer;
  }
  const auto token = sources.token();
  const bool is_tried = !token.empty() && !request.authorization.empty();
  const auto credentials = credentials_in(request.authorization, token);
  const bool is_beyond_doubt =
      credentials == Credentials::right && token.size() >= long_token;
  if (is_tried && !is_beyond_doubt && guesses.are_too_many(request.client, sources.now()))
    return too_many_guesses();
  if (is_tried && credentials == Credentials::wrong) {
    note_wrong_token(guesses, request.client, sources.now());
    return asks_for_token();
  }
  const auto access = token.empty()                       ? Access::no_token
                      : credentials == Credentials::right ? Access::names_shown
                                                          : Access::names_hidden;
  if (request.path == "/") return shown(overview_page(sources.overview(), access));
  if (request.path == "/token") return answer_token(sources, access);
  if (request.path == "/search") {
    const auto found = request.parameters.find("q");
    const auto wanted = found == request.parameters.end()
                            ? std::string{}
                            : std::string{trim(found->second)};
    if (wanted.empty() || wanted.size() > longest_search)
      return shown(note_page("Nothing to search for",
                             "Give a queue id or a Message-ID of at most 300 octets."),
                   400);
    return shown(search_page(sources.search(wanted), sources.host, access));
  }
  return shown(note_page("Not found", "There is no such page."), 404);
}

}  // namespace

ports::WebAnswer Site::answer(const ports::WebRequest& request) const {
  auto answer = answer_of(sources_, guesses_, request);
  forbid_the_rest(answer);
  return answer;
}

bool is_host_of_ours(std::string_view host, const std::vector<std::string>& names) {
  const auto end_of_address = host.find(']');
  const auto colon =
      host.find(':', end_of_address == std::string_view::npos ? 0 : end_of_address);
  const auto name = host.substr(0, colon);
  return IpAddress::parse(name).has_value() || equal_ignoring_case(name, "localhost") ||
         std::ranges::any_of(
             names, [&](const auto& own) { return equal_ignoring_case(name, own); });
}

}  // namespace milterward::status
