// SPDX-License-Identifier: Apache-2.0
// `milterward report received`: what others report of mail in our domains, and which change
// of a record is safe next.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "milter/commands/by_hand.h"
#include "milter/commands/complain.h"
#include "milter/commands/feedback_access.h"
#include "milter/status/line.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/feedback/picture.h"

namespace milterward::commands {
namespace {

using feedback::share;
using nlohmann::ordered_json;

/// More domains than that are named by strangers.
constexpr std::size_t domains_shown = 200;

std::string day_of(std::chrono::sys_seconds time) {
  return status::timestamp(time).substr(0, 10);
}

std::string advice_in_words(feedback::NextStep next) {
  switch (next) {
    case feedback::NextStep::wait:
      return "wait for more reports";
    case feedback::NextStep::mend:
      return "mend what does not pass before anything else";
    case feedback::NextStep::ask:
      return "find out whose the strangers are";
    case feedback::NextStep::quarantine:
      return "p=quarantine is safe now";
    case feedback::NextStep::reject:
      return "p=reject is safe now";
    case feedback::NextStep::stay:
      return "nothing is left to be done";
  }
  unreachable();
}

void print_domain(const feedback::DomainPicture& picture, std::size_t top) {
  const auto& one = picture.domain;
  fmt::print("{}: {} DMARC report{} of {} receiver{}, {} to {}\n", shown(one.domain),
             one.reports, one.reports == 1 ? "" : "s", one.organisations,
             one.organisations == 1 ? "" : "s", day_of(one.begin), day_of(one.end));
  if (one.uncounted > 0)
    fmt::print("  {} more do not count, since their mail did not pass DMARC\n",
               one.uncounted);
  fmt::print("  {} messages, {} pass (DKIM {}, SPF {}); {} quarantined, {} rejected\n",
             one.messages, share(one.passed, one.messages), share(one.dkim, one.messages),
             share(one.spf, one.messages), one.quarantined, one.rejected);
  if (!one.policy.empty())
    fmt::print("  p={} since {} or before\n", one.policy, day_of(one.policy_since));
  fmt::print("  Next: {}\n", advice_in_words(picture.advice.next));
  for (const auto& reason : picture.advice.because) fmt::print("    - {}\n", shown(reason));
  if (picture.sources.empty()) return;
  fmt::print("  Who sends in its name:\n");
  for (std::size_t i = 0; i < picture.sources.size() && i < top; ++i) {
    const auto& source = picture.sources[i];
    const auto trouble = feedback::trouble_of(source);
    fmt::print("    {:<39} {:>9} {:>6}  {}{}{}\n", source.address, source.messages,
               share(source.passed, source.messages),
               to_text(feedback::standing_of(source)), trouble.empty() ? "" : ": ",
               shown(trouble));
  }
  if (picture.sources.size() > top)
    fmt::print("    and {} more\n", picture.sources.size() - top);
}

void print_tls(const ports::TlsFeedback& one) {
  fmt::print("{}: {} TLS reports of {} senders, {} to {}\n", shown(one.domain), one.reports,
             one.organisations, day_of(one.begin), day_of(one.end));
  if (one.uncounted > 0)
    fmt::print("  {} more do not count, since their mail did not pass DMARC\n",
               one.uncounted);
  fmt::print("  {} sessions, {} with the TLS that was asked for\n", one.worked + one.failed,
             share(one.worked, one.worked + one.failed));
  for (const auto& failure : one.failures)
    fmt::print("    {:>9} {}{}{}{}{}\n", failure.count, shown(failure.kind),
               failure.exchange.empty() ? "" : " at ", shown(failure.exchange),
               failure.reason.empty() ? "" : ": ", shown(failure.reason));
}

ordered_json received_object(const ports::SourceFeedback& source) {
  return {{"address", source.address},
          {"messages", source.messages},
          {"passed", source.passed},
          {"dkim", source.dkim},
          {"spf", source.spf},
          {"excused", source.excused},
          {"standing", to_text(feedback::standing_of(source))},
          {"trouble", status::for_json(feedback::trouble_of(source))},
          {"last", status::timestamp(source.last)}};
}

ordered_json received_object(const feedback::DomainPicture& picture, std::size_t top) {
  const auto& one = picture.domain;
  ordered_json object{{"domain", one.domain},
                      {"reports", one.reports},
                      {"uncounted", one.uncounted},
                      {"receivers", one.organisations},
                      {"begin", status::timestamp(one.begin)},
                      {"end", status::timestamp(one.end)},
                      {"policy", one.policy},
                      {"messages", one.messages},
                      {"passed", one.passed},
                      {"dkim", one.dkim},
                      {"spf", one.spf},
                      {"quarantined", one.quarantined},
                      {"rejected", one.rejected},
                      {"next", to_text(picture.advice.next)},
                      {"because", picture.advice.because}};
  auto sources = ordered_json::array();
  for (std::size_t i = 0; i < picture.sources.size() && i < top; ++i)
    sources.push_back(received_object(picture.sources[i]));
  object["sources"] = std::move(sources);
  return object;
}

ordered_json received_object(const ports::TlsFeedback& one) {
  ordered_json object{{"domain", one.domain},       {"reports", one.reports},
                      {"uncounted", one.uncounted}, {"senders", one.organisations},
                      {"worked", one.worked},       {"failed", one.failed}};
  auto failures = ordered_json::array();
  for (const auto& failure : one.failures)
    failures.push_back({{"kind", status::for_json(failure.kind)},
                        {"exchange", status::for_json(failure.exchange)},
                        {"reason", status::for_json(failure.reason)},
                        {"count", failure.count}});
  object["failures"] = std::move(failures);
  return object;
}

void print_picture(const feedback::Picture& picture, std::size_t top) {
  for (const auto& domain : picture.domains) print_domain(domain, top);
  for (const auto& domain : picture.tls) print_tls(domain);
}

void print_picture_object(const feedback::Picture& picture, std::size_t top) {
  ordered_json object{{"dmarc", ordered_json::array()}, {"tls", ordered_json::array()}};
  for (const auto& domain : picture.domains)
    object["dmarc"].push_back(received_object(domain, top));
  for (const auto& domain : picture.tls) object["tls"].push_back(received_object(domain));
  fmt::print("{}\n", object.dump(2, ' ', /*ensure_ascii=*/true));
}

}  // namespace

int show_received(const ReceivedArguments& arguments, const conf::Config& config,
                  const FeedbackTools& tools) {
  const auto reader = tools.open_to_read(config.feedback.file);
  if (!reader) return complain("report received", reader.fault());
  const ports::FeedbackQuery query{
      SystemClock{}.today() - std::chrono::hours{24} * arguments.days,
      to_lower(arguments.domain)};
  const auto picture = feedback::picture_of(**reader, query, domains_shown);
  if (!picture) return complain("report received", picture.fault());
  if (arguments.output == Output::json) {
    print_picture_object(*picture, arguments.top);
    return ok;
  }
  if (picture->empty())
    return complain(
        "report received",
        fmt::format("no report of the last {} days{}{}", arguments.days,
                    arguments.domain.empty() ? "" : " is about ", shown(arguments.domain)));
  print_picture(*picture, arguments.top);
  return ok;
}

}  // namespace milterward::commands
