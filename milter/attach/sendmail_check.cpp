// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/sendmail_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

using std::chrono::seconds;

constexpr std::string_view our_name = "milterward";
constexpr seconds usual_reply{60};
/// Beside DNS: reading, deciding and signing a large message.
constexpr seconds margin{10};
/// What Sendmail takes for R where nothing is said (op.me, "Mail Filter").
constexpr seconds default_reply{10};

/// One spelling: "local:/x" and "/x" are "unix:/x"; in others letter case means nothing.
std::string plain(std::string_view socket) {
  if (socket.starts_with('/')) return fmt::format("unix:{}", socket);
  if (socket.starts_with("local:")) return fmt::format("unix:{}", socket.substr(6));
  return socket.starts_with("unix:") ? std::string{socket} : to_lower(socket);
}

/// "60s", "5m", "1h", "60"; nothing for what is none.
std::optional<seconds> duration_of(std::string_view text) {
  long number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0) return {};
  const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
  if (unit.empty() || unit == "s") return seconds{number};
  if (unit == "m") return seconds{number * 60};
  if (unit == "h") return seconds{number * 3600};
  return {};
}

bool asks(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(
      names, [&](const auto& other) { return equal_ignoring_case(other, name); });
}

class Check {
 public:
  Check(const SendmailFilters& filters, const SendmailWish& wish)
      : filters_(filters), wish_(wish) {}

  SendmailFinding make() {
    const SendmailFilter* ours = nullptr;
    for (const auto& filter : filters_.defined) {
      const bool is_our_socket = plain(filter.socket) == plain(wish_.socket);
      if (!is_our_socket && filter.name != our_name) continue;
      finding_.lines.push_back(filter.line);
      if (ours == nullptr || is_our_socket) ours = &filter;
    }
    if (ours == nullptr)
      wrong("no filter leads to {}", wish_.socket);
    else
      check_filter(*ours);
    return std::move(finding_);
  }

 private:
  template <class... Values>
  void wrong(fmt::format_string<Values...> text, Values&&... values) {
    finding_.wrong.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void check_filter(const SendmailFilter& filter) {
    if (plain(filter.socket) != plain(wish_.socket))
      wrong("{} leads to {}, and Milterward listens at {}", filter.name, filter.socket,
            wish_.socket);
    if (filter.flags.empty())
      wrong("{} has no F=T: mail passes unfiltered while Milterward is away", filter.name);
    else if (filter.flags == "R")
      finding_.notes.push_back(fmt::format(
          "{} has F=R: mail is refused for good while Milterward is away; F=T has it come "
          "back",
          filter.name));
    if (!asks(filters_.asked, filter.name))
      wrong("{} is defined and not asked: it does not stand in confINPUT_MAIL_FILTERS",
            filter.name);
    for (const auto& [daemon, names] : filters_.daemons)
      if (!asks(names, filter.name))
        wrong("the daemon {} asks filters of its own (InputMailFilters), and {} is none",
              daemon, filter.name);
    check_patience(filter);
  }

  void check_patience(const SendmailFilter& filter) {
    const auto at = filter.timeouts.find('R');
    const auto reply = at == filter.timeouts.end() ? std::optional{default_reply}
                                                   : duration_of(at->second);
    if (!reply)
      wrong("T=R:{} of {} is no time", at->second, filter.name);
    else if (*reply <= wish_.slowest_answer)
      wrong("{} waits {} s for a reply (T=R:), and dns.message_deadline is {} s",
            filter.name, reply->count(), wish_.slowest_answer.count());
    else if (*reply < wish_.slowest_answer + margin)
      finding_.notes.push_back(fmt::format(
          "{} waits {} s for a reply (T=R:), little more than dns.message_deadline ({} s)",
          filter.name, reply->count(), wish_.slowest_answer.count()));
    if (!filter.timeouts.contains('C'))
      finding_.notes.push_back(fmt::format(
          "{} has no T=C:, so that a connection may take 5 minutes", filter.name));
  }

  const SendmailFilters& filters_;
  const SendmailWish& wish_;
  SendmailFinding finding_;
};

}  // namespace

std::string mc_line(const SendmailWish& wish) {
  const auto reply = std::max(usual_reply, wish.slowest_answer + margin);
  return fmt::format("INPUT_MAIL_FILTER(`{}', `S={}, F=T, T=C:5s;S:10s;R:{}s;E:{}m')dnl",
                     our_name, wish.socket, reply.count(),
                     std::max(5L, (reply.count() + 59) / 60));
}

SendmailFinding check_sendmail(const SendmailFilters& filters, const SendmailWish& wish) {
  return Check{filters, wish}.make();
}

}  // namespace milterward::attach
