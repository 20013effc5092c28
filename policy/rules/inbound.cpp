// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/inbound.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/mail/domain.h"
#include "policy/rules/authentication.h"
#include "policy/rules/dmarc.h"
#include "policy/rules/finding.h"
#include "policy/rules/from.h"
#include "policy/rules/reputation.h"

namespace milterward::rules {
namespace {

using Area = std::optional<Finding> (*)(const MessageFacts&, const conf::InboundSettings&);

constexpr std::array<Area, 10> areas{
    from_finding, irregular_from_finding, our_domain_finding, dmarc_finding, dkim_finding,
    spf_finding,  spf_helo_finding,       iprev_finding,      helo_finding,  dnsbl_finding};

bool is_exempt(const MessageFacts& facts, const conf::Exemptions& exempt) {
  if (any_contains(exempt.networks, facts.client_examined())) return true;
  if (exempt.hosts.empty() || facts.iprev != auth::IprevResult::pass) return false;
  const auto name = Domain::parse(facts.iprev_name);
  return name && std::ranges::any_of(exempt.hosts, [&](const auto& pattern) {
           return pattern.holds(*name);
         });
}

/// As long as DNS does not tell the client's name, it may be one of exempt.hosts.
bool may_be_exempt(const MessageFacts& facts, const conf::Exemptions& exempt) {
  return !exempt.hosts.empty() && facts.iprev == auth::IprevResult::temperror;
}

}  // namespace

std::vector<Finding> findings_of(const MessageFacts& facts,
                                 const conf::InboundSettings& settings) {
  const bool exempt = is_exempt(facts, settings.exempt);
  std::vector<Finding> findings;
  for (const auto area : areas) {
    auto found = area(facts, settings);
    if (!found) continue;
    if (exempt)
      found = Finding{found->rule, Action::accept, {}, "the client is exempt"};
    else if (found->action == Action::reject && may_be_exempt(facts, settings.exempt))
      found = unfinished("inbound.exemption_open", found->action, "7.25",
                         "Reverse DNS cannot be checked now");
    findings.push_back(std::move(*found));
  }
  return findings;
}

Verdict decide_inbound(const MessageFacts& facts, const conf::InboundSettings& settings) {
  if (facts.returned == Returned::entered_inbound)
    return Verdict::proceed("inbound.returned");
  const auto findings = findings_of(facts, settings);
  const auto strictest = std::ranges::max_element(
      findings, {}, [](const Finding& found) { return found.action; });
  if (strictest == findings.end() || strictest->action == Action::accept)
    return Verdict::proceed(is_exempt(facts, settings.exempt) ? "inbound.exempt_client"
                                                              : "inbound.accepted");
  Verdict verdict{strictest->action,
                  strictest->rule,
                  strictest->reply,
                  {},
                  {},
                  {},
                  strictest->because,
                  {}};
  if (verdict.action == Action::subject) verdict.subject_tag = settings.subject_tag;
  if (verdict.action == Action::quarantine && settings.quarantine == conf::Quarantine::hold)
    verdict.hold_reason = verdict.rule;
  if (verdict.action == Action::redirect)
    verdict.redirections.push_back({settings.redirect_to, {}, {}});
  return verdict;
}

}  // namespace milterward::rules
