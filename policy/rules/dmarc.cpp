// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/dmarc.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/base/unreachable.h"
#include "policy/mail/domain.h"
#include "policy/rules/reputation.h"

namespace milterward::rules {
namespace {

using auth::DmarcPolicy;
using auth::IprevResult;
using conf::OverrideReason;
using ports::DkimResult;
using ports::SpfResult;

/// As which policy a message that fails is treated, and why.
struct Treatment {
  DmarcPolicy policy = DmarcPolicy::none;
  std::string rule;
  std::string because;
  std::optional<OverrideReason> reason;  // none: as published
};

DmarcPolicy policy_of(conf::TreatAs treat_as) {
  switch (treat_as) {
    case conf::TreatAs::none:
      return DmarcPolicy::none;
    case conf::TreatAs::quarantine:
      return DmarcPolicy::quarantine;
    case conf::TreatAs::reject:
      return DmarcPolicy::reject;
  }
  unreachable();
}

bool any_holds(const std::vector<DomainPattern>& patterns, std::string_view name) {
  const auto domain = Domain::parse(name);
  return domain && std::ranges::any_of(patterns, [&](const auto& pattern) {
           return pattern.holds(*domain);
         });
}

bool is_authenticated_as(const MessageFacts& facts,
                         const std::vector<DomainPattern>& patterns) {
  if (facts.spf == SpfResult::pass && any_holds(patterns, facts.spf_domain)) return true;
  return std::ranges::any_of(facts.dkim, [&](const DkimFact& fact) {
    return fact.result == DkimResult::pass && any_holds(patterns, fact.domain);
  });
}

bool fits(const conf::DmarcOverride& row, const MessageFacts& facts) {
  return (row.author_domains.empty() ||
          any_holds(row.author_domains, facts.dmarc_domain)) &&
         (row.networks.empty() || any_contains(row.networks, facts.client_examined())) &&
         (row.hosts.empty() ||
          (facts.iprev == IprevResult::pass && any_holds(row.hosts, facts.iprev_name))) &&
         (row.authenticated.empty() || is_authenticated_as(facts, row.authenticated));
}

/// Does the name belong to the organization of the author domain?
bool is_of_author(std::string_view name, const MessageFacts& facts) {
  const auto domain = Domain::parse(name);
  const auto top = Domain::parse(
      facts.dmarc_organization.empty() ? facts.dmarc_domain : facts.dmarc_organization);
  return domain && top && domain->is_within(*top);
}

bool is_signed_by_author(const MessageFacts& facts) {
  return std::ranges::any_of(
      facts.dkim, [&](const DkimFact& fact) { return is_of_author(fact.domain, facts); });
}

/// Which check waits for DNS still and may come out otherwise at the next try; "" when none
/// does.
std::string unanswered_check(const MessageFacts& facts) {
  if (!facts.dns_unanswered.empty())
    return fmt::format("DNS did not answer for {}", facts.dns_unanswered);
  if (facts.spf == SpfResult::temperror || facts.helo_spf == SpfResult::temperror)
    return "SPF has no answer yet";
  if (std::ranges::any_of(facts.dkim, [](const DkimFact& fact) {
        return fact.result == DkimResult::temperror;
      }))
    return "DKIM has no answer yet";
  if (facts.iprev == IprevResult::temperror) return "the client's name is not known yet";
  if (facts.arc_is_unfinished) return "ARC has no answer yet";
  return "";
}

/// Which check has no definite answer; "" when all have. Checks that DMARC does not need
/// count too: as long as DNS is in trouble, nothing is refused for what it said.
std::string open_check(const MessageFacts& facts) {
  if (auto check = unanswered_check(facts); !check.empty()) return check;
  if (facts.spf_was_not_checked) return "SPF was not checked";
  if (facts.spf == SpfResult::permerror && is_of_author(facts.spf_domain, facts))
    return "the SPF record of the author domain cannot be evaluated";
  return "";
}

/// What speaks against the message beside DMARC; "" when nothing does. A signature of the
/// author domain, broken as it may be, says that the message may have been changed on its
/// way, as a list does it.
std::string_view second_finding(const MessageFacts& facts,
                                const conf::DnsblSettings& dnsbl) {
  const bool is_signed = is_signed_by_author(facts);
  const bool is_ours = std::ranges::find(facts.our_author_domains, facts.dmarc_domain) !=
                       facts.our_author_domains.end();
  if (is_ours && !is_signed) return "our own domain from outside, unsigned";
  if (facts.spf == SpfResult::fail && !facts.spf_is_exempt && !is_signed)
    return "SPF fails and the author domain signed nothing";
  if (facts.iprev == IprevResult::fail) return "the client's name leads elsewhere";
  if (facts.iprev == IprevResult::permerror) return "the client's address has no name";
  if (is_listed(facts, dnsbl)) return "the client is on a blocklist";
  return "";
}

Treatment treat_reject(const MessageFacts& facts, const conf::InboundSettings& settings) {
  const auto as_quarantine = [](std::string_view because) {
    return Treatment{DmarcPolicy::quarantine, "dmarc.reject_as_quarantine",
                     std::string{because}, OverrideReason::local_policy};
  };
  switch (settings.dmarc_reject) {
    case conf::DmarcReject::always:
      return {DmarcPolicy::reject, "dmarc.reject", "dmarc.reject is \"always\"", {}};
    case conf::DmarcReject::quarantine:
      return as_quarantine("dmarc.reject is \"quarantine\"");
    case conf::DmarcReject::corroborated:
      break;
  }
  if (const auto open = open_check(facts); !open.empty()) return as_quarantine(open);
  const auto second = second_finding(facts, settings.dnsbl);
  if (second.empty()) return as_quarantine("nothing else speaks against the message");
  return {DmarcPolicy::reject, "dmarc.reject", std::string{second}, {}};
}

/// Did a sealer of arc.trusted_sealers see the author domain pass?
bool is_vouched_for(const MessageFacts& facts) {
  return std::ranges::any_of(facts.arc_witnesses, [&](const auth::ArcWitness& witness) {
    return witness.author_domain == facts.dmarc_domain;
  });
}

/// "arc=pass as[1].d=d1.example as[1].s=s3 remote-ip[1]=192.0.2.1", as RFC 8617 section
/// 7.2.2 wants it told.
std::string chain_of(const MessageFacts& facts) {
  std::string text = "arc=pass";
  for (auto i = facts.arc_seals.size(); i > 0; --i)
    text += fmt::format(" as[{0}].d={1} as[{0}].s={2}", i, facts.arc_seals[i - 1].domain,
                        facts.arc_seals[i - 1].selector);
  if (facts.arc_origin.known())
    text += fmt::format(" remote-ip[1]={}", facts.arc_origin.text());
  return text;
}

Treatment treat(const MessageFacts& facts, const conf::InboundSettings& settings) {
  for (const auto& row : settings.dmarc_overrides)
    if (fits(row, facts))
      return {policy_of(row.treat_as), "dmarc.override", row.comment, row.reason};
  if (is_vouched_for(facts))
    return {DmarcPolicy::none, "dmarc.trusted_sealer", chain_of(facts),
            OverrideReason::local_policy};
  switch (facts.dmarc_policy) {
    case DmarcPolicy::none:
      return {DmarcPolicy::none, "dmarc.none", "", {}};
    case DmarcPolicy::quarantine:
      return {DmarcPolicy::quarantine, "dmarc.quarantine", "", {}};
    case DmarcPolicy::reject:
      return treat_reject(facts, settings);
  }
  unreachable();
}

/// May the next try show that an override or a trusted sealer speaks for the message? What
/// no try will tell is no reason to wait.
bool may_yet_be_spared(const MessageFacts& facts, const conf::InboundSettings& settings) {
  return facts.arc_is_unfinished ||
         (!settings.dmarc_overrides.empty() && !unanswered_check(facts).empty());
}

Action action_of(const Treatment& treatment, const conf::DmarcActions& actions) {
  switch (treatment.policy) {
    case DmarcPolicy::none:
      return actions.none;
    case DmarcPolicy::quarantine:
      return actions.quarantine;
    case DmarcPolicy::reject:
      return actions.reject;
  }
  unreachable();
}

DmarcPolicy disposition_of(Action action) {
  switch (action) {
    case Action::accept:
    case Action::tag:
    case Action::subject:
      return DmarcPolicy::none;
    case Action::quarantine:
    case Action::redirect:
      return DmarcPolicy::quarantine;
    case Action::defer:
    case Action::reject:
      return DmarcPolicy::reject;
  }
  unreachable();
}

}  // namespace

std::optional<Finding> dmarc_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings) {
  const auto& actions = settings.dmarc;
  switch (facts.dmarc) {
    case auth::DmarcResult::none:
    case auth::DmarcResult::pass:
      return std::nullopt;
    case auth::DmarcResult::temperror:
      return unfinished(
          "dmarc.temperror", actions.temperror, "7.1",
          fmt::format("DMARC of {} cannot be checked now", facts.dmarc_domain));
    case auth::DmarcResult::permerror:
      // Without an author domain there is no record; from.h has spoken of that already.
      if (facts.dmarc_domain.empty()) return std::nullopt;
      return finding("dmarc.permerror", actions.permerror, "7.1",
                     fmt::format("DMARC record of {} is not valid", facts.dmarc_domain));
    case auth::DmarcResult::fail:
      break;
  }
  auto treatment = treat(facts, settings);
  if (action_of(treatment, actions) == Action::reject && may_yet_be_spared(facts, settings))
    return unfinished("dmarc.override_open", Action::reject, "7.1",
                      fmt::format("DMARC of {} cannot be checked now", facts.dmarc_domain));
  auto found =
      finding(std::move(treatment.rule), action_of(treatment, actions), "7.1",
              fmt::format("Refused by the DMARC policy of {}", facts.dmarc_domain));
  found.because = std::move(treatment.because);
  return found;
}

std::optional<DmarcOutcome> dmarc_outcome(const MessageFacts& facts,
                                          const conf::InboundSettings& settings,
                                          Action effective) {
  if (facts.dmarc != auth::DmarcResult::fail) return std::nullopt;
  const auto treatment = treat(facts, settings);
  const auto wanted = action_of(treatment, settings.dmarc);
  DmarcOutcome outcome;
  outcome.disposition = disposition_of(std::min(wanted, effective));
  if (outcome.disposition == facts.dmarc_published) return outcome;
  outcome.comment = treatment.because;
  if (outcome.disposition != treatment.policy) {
    outcome.reason = OverrideReason::local_policy;
    outcome.comment = effective < wanted
                          ? "a milder action was taken"
                          : fmt::format("dmarc.on_{} leads to {}",
                                        auth::to_text(treatment.policy), to_text(wanted));
  } else if (treatment.reason) {
    outcome.reason = treatment.reason;
  } else {
    outcome.reason = facts.dmarc_policy != facts.dmarc_published
                         ? OverrideReason::policy_test_mode
                         : OverrideReason::local_policy;
  }
  return outcome;
}

std::string to_text(const DmarcOutcome& outcome) {
  auto text = std::string{auth::to_text(outcome.disposition)};
  if (outcome.reason) text += fmt::format(" {}", conf::to_text(*outcome.reason));
  if (!outcome.comment.empty()) text += fmt::format(": {}", outcome.comment);
  return text;
}

}  // namespace milterward::rules
