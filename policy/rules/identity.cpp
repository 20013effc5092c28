// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/rules/direction.h"

namespace milterward::rules {
namespace {

using conf::IdentityMode;

// A reply is one line; RFC 5321 section 4.5.3.1.5 wants it below 512 octets.
constexpr std::size_t shown_of_login = 80;
constexpr std::size_t shown_of_address = 254;

std::string who(const SenderFacts& facts) {
  return facts.client_is_authenticated()
             ? fmt::format("Login {}", printable(facts.login, shown_of_login))
             : std::string{"Mail without a login"};
}

Verdict refusal(const char* rule, std::string text) {
  return Verdict::reject(rule, {550, "5.7.1", std::move(text)});
}

Verdict not_known() {
  return Verdict::defer(
      "identity.unknown",
      {451, "4.3.0", "Sender addresses cannot be looked up now, please try again later"});
}

}  // namespace

IdentityMode identity_mode(const SenderFacts& facts,
                           const conf::IdentitySettings& settings) {
  if (decide_direction(facts).direction == Direction::inbound) return IdentityMode::off;
  if (!facts.client_is_authenticated()) return settings.without_login;
  const auto group =
      std::ranges::find(settings.groups, facts.account_class,
                        [](const conf::IdentityGroup& row) { return row.account_class; });
  return group == settings.groups.end() ? settings.mode : group->mode;
}

std::optional<Verdict> decide_sender_identity(const SenderFacts& facts) {
  switch (facts.mail_from_claim) {
    case Claim::unbound:
    case Claim::owned:
      return std::nullopt;
    case Claim::foreign:
    case Claim::unreadable:
      return refusal("identity.mail_from",
                     fmt::format("{} may not send as {}", who(facts),
                                 printable(facts.mail_from, shown_of_address)));
    case Claim::unknown:
      return not_known();
  }
  unreachable();
}

const std::string& wrongly_claimed(const MessageFacts& facts) noexcept {
  const bool in_envelope =
      facts.mail_from_claim == Claim::foreign || facts.mail_from_claim == Claim::unreadable;
  return in_envelope ? facts.mail_from : facts.claimed;
}

std::optional<Verdict> decide_identity(const MessageFacts& facts) {
  if (auto refused = decide_sender_identity(facts)) return refused;
  switch (facts.author_claim) {
    case Claim::unbound:
    case Claim::owned:
      return std::nullopt;
    case Claim::foreign:
      return refusal("identity.author",
                     fmt::format("{} may not write as {}", who(facts),
                                 printable(facts.claimed, shown_of_address)));
    case Claim::unreadable:
      return refusal(
          "identity.unreadable",
          fmt::format("{} must say in From and Sender who wrote this (RFC 5322 section "
                      "3.6.2)",
                      who(facts)));
    case Claim::unknown:
      return not_known();
  }
  unreachable();
}

}  // namespace milterward::rules
