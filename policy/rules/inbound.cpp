// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/inbound.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "policy/base/unreachable.h"

namespace milterward::rules {
namespace {

using ports::DkimResult;
using ports::SpfResult;

/// A reply that fits the action: what would be a refusal becomes a deferral where the key
/// says so.
Reply reply_for(Action action, std::string_view status_detail, std::string text) {
  if (action == Action::reject) return {550, fmt::format("5.{}", status_detail), text};
  if (action == Action::defer) return {451, fmt::format("4.{}", status_detail), text};
  return {};
}

Finding finding(std::string rule, Action action, std::string_view status_detail,
                std::string text) {
  return {std::move(rule), action, reply_for(action, status_detail, std::move(text))};
}

/// A check that did not finish never refuses for good: the next try may find the mail
/// authentic. `reject` means here that it must not pass unchecked.
Finding unfinished(std::string rule, Action action, std::string_view status_detail,
                   std::string text) {
  return finding(std::move(rule), action == Action::reject ? Action::defer : action,
                 status_detail, std::move(text));
}

std::optional<Finding> from_finding(const MessageFacts& facts, Action action) {
  const auto bad = [&](const char* rule, const char* text) {
    return finding(rule, action, "7.1", text);
  };
  switch (facts.from) {
    case FromState::one_domain:
    case FromState::several_domains:
    case FromState::no_author:
      return std::nullopt;
    case FromState::no_from:
      return bad("from.missing", "Message has no From field (RFC 5322 section 3.6)");
    case FromState::several_from:
      return bad("from.several", "Message has several From fields (RFC 5322 section 3.6)");
    case FromState::malformed:
      return bad("from.malformed", "From field cannot be read (RFC 5322 section 3.6.2)");
  }
  unreachable();
}

std::optional<Finding> dmarc_finding(const MessageFacts& facts,
                                     const conf::DmarcActions& actions) {
  const auto refused = [&](const char* rule, Action action) {
    return finding(rule, action, "7.1",
                   fmt::format("Refused by the DMARC policy of {}", facts.dmarc_domain));
  };
  switch (facts.dmarc) {
    case auth::DmarcResult::none:
    case auth::DmarcResult::pass:
      return std::nullopt;
    case auth::DmarcResult::temperror:
      return unfinished(
          "dmarc.temperror", actions.temperror, "7.1",
          fmt::format("DMARC of {} cannot be checked now", facts.dmarc_domain));
    case auth::DmarcResult::permerror:
      return finding("dmarc.permerror", actions.permerror, "7.1",
                     fmt::format("DMARC record of {} is not valid", facts.dmarc_domain));
    case auth::DmarcResult::fail:
      break;
  }
  switch (facts.dmarc_policy) {
    case auth::DmarcPolicy::none:
      return refused("dmarc.none", actions.none);
    case auth::DmarcPolicy::quarantine:
      return refused("dmarc.quarantine", actions.quarantine);
    case auth::DmarcPolicy::reject:
      return refused("dmarc.reject", actions.reject);
  }
  unreachable();
}

/// A domain of ours as author, from a stranger who proved nothing of it.
std::optional<Finding> our_domain_finding(const MessageFacts& facts, Action action) {
  const auto is_proven = [&](const std::string& domain) {
    return (facts.spf == SpfResult::pass && facts.spf_domain == domain) ||
           std::ranges::any_of(facts.dkim, [&](const DkimFact& fact) {
             return fact.result == DkimResult::pass && fact.domain == domain;
           });
  };
  // DMARC passes only if it does so for every author domain.
  if (facts.dmarc == auth::DmarcResult::pass) return std::nullopt;
  if (!std::ranges::all_of(facts.our_author_domains, is_proven))
    return finding("inbound.our_domain", action, "7.1",
                   "Mail of our users is taken from them alone");
  if (facts.directory_is_silent)
    return unfinished("inbound.directory_silent", action, "3.0",
                      "Sender domain cannot be looked up now");
  return std::nullopt;
}

/// What all signatures together amount to: one that passes is enough, one that could not be
/// checked leaves the rest open.
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

std::optional<Finding> dkim_finding(const MessageFacts& facts,
                                    const conf::DkimActions& actions) {
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

std::optional<Finding> spf_finding(std::string_view area, SpfResult result,
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

/// What is found about a client that is exempt, or that nobody could name, leads to
/// nothing, whatever the keys say.
std::optional<Finding> exempted(const MessageFacts& facts, std::optional<Finding> found) {
  if (found && (facts.spf_is_exempt || facts.spf_was_not_checked))
    return Finding{found->rule, Action::accept, {}};
  return found;
}

}  // namespace

std::vector<Finding> findings_of(const MessageFacts& facts,
                                 const conf::InboundSettings& settings) {
  std::vector<Finding> findings;
  const auto add = [&](std::optional<Finding> found) {
    if (found) findings.push_back(std::move(*found));
  };
  add(from_finding(facts, settings.bad_from));
  add(our_domain_finding(facts, settings.our_domain));
  add(dmarc_finding(facts, settings.dmarc));
  add(dkim_finding(facts, settings.dkim));
  add(exempted(facts, spf_finding("spf", facts.spf, settings.spf)));
  add(exempted(facts, spf_finding("spf_helo", facts.helo_spf, settings.helo)));
  return findings;
}

Verdict decide_inbound(const MessageFacts& facts, const conf::InboundSettings& settings) {
  if (facts.returned == Returned::entered_inbound)
    return Verdict::proceed("inbound.returned");
  const auto findings = findings_of(facts, settings);
  const auto strictest = std::ranges::max_element(
      findings, {}, [](const Finding& found) { return found.action; });
  if (strictest == findings.end() || strictest->action == Action::accept)
    return Verdict::proceed("inbound.accepted");
  Verdict verdict{strictest->action, strictest->rule, strictest->reply, {}, {}, {}};
  if (verdict.action == Action::quarantine && settings.quarantine == conf::Quarantine::hold)
    verdict.hold_reason = verdict.rule;
  if (verdict.action == Action::redirect)
    verdict.redirections.push_back({settings.redirect_to, {}});
  return verdict;
}

}  // namespace milterward::rules
