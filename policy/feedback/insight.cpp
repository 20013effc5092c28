// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/insight.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "policy/base/unreachable.h"

namespace milterward::feedback {
namespace {

using ports::DomainFeedback;
using ports::SourceFeedback;

bool is_at_least(std::uint64_t part, std::uint64_t whole, std::uint64_t of_1000) {
  // Sums may be near 2^63.
  return static_cast<double>(part) * 1000.0 >=
         static_cast<double>(whole) * static_cast<double>(of_1000);
}

/// What the sources that look like the owner's send, and how much of it passes.
struct OwnMail {
  std::uint64_t messages = 0;
  std::uint64_t passed = 0;
  std::size_t broken_sources = 0;
  std::map<std::string_view, std::uint64_t> elsewhere;  // by the domain that is proved
  std::uint64_t all_elsewhere = 0;
  std::uint64_t unweighed = 0;  // of further sources
  std::uint64_t unproven = 0;
  std::uint64_t forwarded = 0;
};

OwnMail own_mail(const DomainFeedback& domain, const std::vector<SourceFeedback>& sources) {
  OwnMail own;
  own.unweighed = domain.messages;
  for (const auto& source : sources) {
    own.unweighed -= std::min(own.unweighed, source.messages);
    switch (standing_of(source)) {
      case Standing::partly:
        ++own.broken_sources;
        [[fallthrough]];
      case Standing::well:
        own.messages += source.messages;
        own.passed += source.passed;
        break;
      case Standing::elsewhere:
        own.elsewhere[source.passed_as] += source.messages;
        own.all_elsewhere += source.messages;
        break;
      case Standing::forwarded:
        own.forwarded += source.messages - source.passed;
        break;
      case Standing::nothing:
        own.unproven += source.messages;
        break;
    }
  }
  return own;
}

/// Domains that are proved for a notable share: the addresses of a service are many.
std::size_t services_in(const OwnMail& own, const DomainFeedback& domain) {
  return static_cast<std::size_t>(std::ranges::count_if(own.elsewhere, [&](auto& proved) {
    return is_at_least(proved.second, domain.messages, notable_of_1000);
  }));
}

/// Why it is too early for a step, although what is known to be the owner's passes.
std::vector<std::string> open_questions(const OwnMail& own, const DomainFeedback& domain) {
  std::vector<std::string> found;
  if (const auto services = services_in(own, domain); services > 0)
    found.push_back(fmt::format(
        "{} other domain{} proved by a notable share of the mail: if {} of a service of "
        "yours, have it sign as your domain first",
        services, services == 1 ? " is" : "s are", services == 1 ? "it is" : "they are"));
  else if (is_at_least(own.all_elsewhere, domain.messages, elsewhere_of_1000))
    found.push_back(fmt::format(
        "{} messages prove other domains, each for a small share: if services of yours are "
        "among them, have them sign as your domain first",
        own.all_elsewhere));
  if (is_at_least(own.unweighed, domain.messages, elsewhere_of_1000))
    found.push_back(
        fmt::format("{} messages came from too many small sources to look at each: see "
                    "that none of them is a server of yours",
                    own.unweighed));
  return found;
}

std::int64_t days_seen(const DomainFeedback& domain) {
  const auto since = std::max(domain.begin, domain.policy_since);
  return std::chrono::round<std::chrono::days>(domain.end - since).count();
}

/// What is still missing before anything can be said.
std::vector<std::string> missing(const DomainFeedback& domain) {
  std::vector<std::string> found;
  if (const auto days = days_seen(domain); days < days_before_a_step.count())
    found.push_back(fmt::format("reports show {} day{} of this policy; {} are needed",
                                std::max<std::int64_t>(days, 0), days == 1 ? "" : "s",
                                days_before_a_step.count()));
  if (domain.messages < messages_before_a_step)
    found.push_back(fmt::format("they are about {} messages; {} are needed",
                                domain.messages, messages_before_a_step));
  if (domain.organisations < organisations_before_a_step)
    found.push_back(fmt::format("they come from {} receiver{}; {} are needed",
                                domain.organisations, domain.organisations == 1 ? "" : "s",
                                organisations_before_a_step));
  return found;
}

void add_outlook(Advice& advice, const OwnMail& own) {
  if (own.all_elsewhere > 0)
    advice.because.push_back(fmt::format(
        "{} messages that prove other domains would be stopped", own.all_elsewhere));
  if (own.unproven > 0)
    advice.because.push_back(fmt::format(
        "{} messages of sources that prove nothing would be stopped: see that none of them "
        "is a server of yours",
        own.unproven));
  if (own.forwarded > 0)
    advice.because.push_back(fmt::format(
        "{} messages that were forwarded or came by lists do not pass and may be stopped",
        own.forwarded));
}

}  // namespace

std::string_view to_text(Standing standing) noexcept {
  switch (standing) {
    case Standing::well:
      return "well";
    case Standing::partly:
      return "partly";
    case Standing::forwarded:
      return "forwarded";
    case Standing::elsewhere:
      return "elsewhere";
    case Standing::nothing:
      return "nothing";
  }
  unreachable();
}

std::string_view to_text(NextStep step) noexcept {
  switch (step) {
    case NextStep::wait:
      return "wait";
    case NextStep::mend:
      return "mend";
    case NextStep::ask:
      return "ask";
    case NextStep::quarantine:
      return "quarantine";
    case NextStep::reject:
      return "reject";
    case NextStep::stay:
      return "stay";
  }
  unreachable();
}

Standing standing_of(const SourceFeedback& source) noexcept {
  if (is_at_least(source.passed, source.messages, passing_of_1000)) return Standing::well;
  const auto failed = source.messages - source.passed;
  if (is_at_least(source.excused, failed, 500)) return Standing::forwarded;
  if (is_at_least(source.passed, source.messages, own_of_1000)) return Standing::partly;
  return source.passed_as.empty() ? Standing::nothing : Standing::elsewhere;
}

std::string trouble_of(const SourceFeedback& source) {
  if (source.passed == source.messages) return {};
  std::string text;
  const auto add = [&](const std::string& part) {
    text += (text.empty() ? "" : "; ") + part;
  };
  if (source.dkim < source.messages)
    add(source.dkim_failed.empty() ? "no signature of the domain"
                                   : "signature fails: " + source.dkim_failed);
  if (source.spf < source.messages)
    add(source.spf_failed.empty() ? "MAIL FROM is not of the domain"
                                  : "SPF: " + source.spf_failed);
  if (!source.passed_as.empty()) add("it proves " + source.passed_as);
  return text;
}

Advice advise(const DomainFeedback& domain, const std::vector<SourceFeedback>& sources) {
  const auto own = own_mail(domain, sources);
  Advice advice;
  if (domain.messages > 0 && !is_at_least(own.passed, own.messages, passing_of_1000)) {
    advice.next = NextStep::mend;
    advice.because.push_back(fmt::format(
        "of {} messages of sources that look like yours, {} pass; {} some", own.messages,
        share(own.passed, own.messages),
        own.broken_sources == 1 ? "1 source breaks"
                                : fmt::format("{} sources break", own.broken_sources)));
    if (domain.policy == "reject" || domain.policy == "quarantine")
      advice.because.push_back(fmt::format(
          "p={} has that mail stopped now; a weaker policy lets it through while you mend",
          domain.policy));
    return advice;
  }
  advice.because = missing(domain);
  if (!advice.because.empty()) return advice;
  if (own.messages == 0) {
    advice.because.push_back("no source sends mail that passes: nothing is known of yours");
    return advice;
  }
  advice.because.push_back(
      fmt::format("{} of {} messages of sources that look like yours pass, for {} days",
                  share(own.passed, own.messages), own.messages, days_seen(domain)));
  if (domain.policy == "reject") {
    advice.next = NextStep::stay;
    return advice;
  }
  if (auto questions = open_questions(own, domain); !questions.empty()) {
    advice.next = NextStep::ask;
    std::ranges::move(questions, std::back_inserter(advice.because));
    return advice;
  }
  advice.next = domain.policy == "quarantine" ? NextStep::reject : NextStep::quarantine;
  add_outlook(advice, own);
  if (advice.next == NextStep::reject)
    advice.because.push_back(
        "where people of this domain write to mailing lists, RFC 9989 section 7.4 advises "
        "to stay with quarantine");
  return advice;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100%";
  // Rounded down, so that a failure shows.
  const auto tenths = static_cast<std::uint64_t>(static_cast<double>(part) * 1000.0 /
                                                 static_cast<double>(whole));
  return fmt::format("{}.{}%", std::min<std::uint64_t>(tenths, 999) / 10,
                     std::min<std::uint64_t>(tenths, 999) % 10);
}

}  // namespace milterward::feedback
