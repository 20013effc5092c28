// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/authentication.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/base/unreachable.h"

namespace milterward::rules {
namespace {

using auth::IprevResult;
using ports::DkimResult;
using ports::SpfResult;

DkimResult overall(const std::vector<DkimFact>& signatures) {
  constexpr std::array order{DkimResult::pass,      DkimResult::temperror,
                             DkimResult::fail,      DkimResult::policy,
                             DkimResult::permerror, DkimResult::neutral};
  for (const auto result : order)
    if (std::ranges::any_of(signatures,
                            [&](const auto& fact) { return fact.result == result; }))
      return result;
  return DkimResult::none;
}

std::optional<Finding> found_for(std::string_view area, SpfResult result,
                                 const conf::SpfActions& actions) {
  const auto found = [&](Action action, std::string_view status, const char* text) {
    return finding(fmt::format("{}.{}", area, ports::to_text(result)), action, status,
                   text);
  };
  switch (result) {
    case SpfResult::pass:
      return std::nullopt;
    case SpfResult::none:
      return found(actions.none, "7.23", "SPF validation failed: no record");
    case SpfResult::neutral:
      return found(actions.neutral, "7.23", "SPF validation failed: neutral");
    case SpfResult::softfail:
      return found(actions.softfail, "7.23", "SPF validation failed: softfail");
    case SpfResult::fail:
      return found(actions.fail, "7.23", "SPF validation failed");
    case SpfResult::temperror:
      return unfinished(fmt::format("{}.temperror", area), actions.temperror, "7.24",
                        "SPF validation error, try again later");
    case SpfResult::permerror:
      return found(actions.permerror, "7.24",
                   "SPF validation error in the sender's record");
  }
  unreachable();
}

std::optional<Finding> unless_exempt(const MessageFacts& facts,
                                     std::optional<Finding> found) {
  if (found && (facts.spf_is_exempt || facts.spf_was_not_checked))
    return Finding{found->rule, Action::accept, {}, {}};
  return found;
}

}  // namespace

std::optional<Finding> dkim_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings) {
  const auto& actions = settings.dkim;
  switch (overall(facts.dkim)) {
    case DkimResult::pass:
      return std::nullopt;
    case DkimResult::none:
      return finding("dkim.none", actions.none, "7.20", "No passing DKIM signature found");
    case DkimResult::fail:
      return finding("dkim.fail", actions.fail, "7.20", "No passing DKIM signature found");
    case DkimResult::policy:
      return finding("dkim.policy", actions.policy, "7.21",
                     "No acceptable DKIM signature found");
    case DkimResult::neutral:
      return finding("dkim.neutral", actions.neutral, "7.20",
                     "No passing DKIM signature found");
    case DkimResult::temperror:
      return unfinished("dkim.temperror", actions.temperror, "7.20",
                        "DKIM signature cannot be checked now");
    case DkimResult::permerror:
      return finding("dkim.permerror", actions.permerror, "7.20",
                     "No passing DKIM signature found");
  }
  unreachable();
}

std::optional<Finding> spf_finding(const MessageFacts& facts,
                                   const conf::InboundSettings& settings) {
  return unless_exempt(facts, found_for("spf", facts.spf, settings.spf));
}

std::optional<Finding> spf_helo_finding(const MessageFacts& facts,
                                        const conf::InboundSettings& settings) {
  return unless_exempt(facts, found_for("spf_helo", facts.helo_spf, settings.helo));
}

std::optional<Finding> helo_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings) {
  const auto& actions = settings.helo_name;
  const auto found = [](const char* rule, Action action, const char* text) {
    return finding(rule, action, "7.1", text);
  };
  switch (facts.helo_state) {
    case auth::HeloState::unremarkable:
      return std::nullopt;
    case auth::HeloState::ours:
      return found("helo.ours", actions.ours, "The name in HELO is ours, not yours");
    case auth::HeloState::bare_address:
      return found("helo.bare_address", actions.bare_address,
                   "The name in HELO is an address without brackets");
    case auth::HeloState::other_address:
      return found("helo.other_address", actions.other_address,
                   "The name in HELO is another address than yours");
    case auth::HeloState::not_qualified:
      return found("helo.not_qualified", actions.not_qualified,
                   "The name in HELO is not fully qualified");
  }
  unreachable();
}

std::optional<Finding> iprev_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings) {
  if (!facts.iprev) return std::nullopt;
  const auto& actions = settings.iprev;
  switch (*facts.iprev) {
    case IprevResult::pass:
      return std::nullopt;
    case IprevResult::fail:
      return finding("iprev.fail", actions.fail, "7.25",
                     "Reverse DNS validation failed: the name leads elsewhere");
    case IprevResult::permerror:
      return finding("iprev.permerror", actions.permerror, "7.25",
                     "Reverse DNS validation failed: the address has no name");
    case IprevResult::temperror:
      return unfinished("iprev.temperror", actions.temperror, "7.25",
                        "Reverse DNS cannot be checked now");
  }
  unreachable();
}

}  // namespace milterward::rules
