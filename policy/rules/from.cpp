// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/from.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::rules {
namespace {

using ports::DkimResult;
using ports::SpfResult;

/// Did SPF or DKIM come to such a result for this very domain?
bool has_result(const MessageFacts& facts, const std::string& domain, SpfResult spf,
                DkimResult dkim) {
  return (facts.spf == spf && facts.spf_domain == domain) ||
         std::ranges::any_of(facts.dkim, [&](const DkimFact& fact) {
           return fact.result == dkim && fact.domain == domain;
         });
}

}  // namespace

std::optional<Finding> from_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings) {
  const auto& actions = settings.from;
  const auto found = [](const char* rule, Action action, std::string text) {
    return finding(rule, action, "7.1", std::move(text));
  };
  switch (facts.from) {
    case FromState::one_domain:
      return std::nullopt;
    case FromState::several_domains:
      return found("from.several_domains", actions.several_domains,
                   "From field names authors of several domains");
    case FromState::too_many_domains:
      return found("from.too_many_domains", actions.too_many_domains,
                   fmt::format("From field names authors of more than {} domains",
                               auth::author_domain_limit));
    case FromState::no_from:
      return found("from.missing", actions.missing,
                   "Message has no From field (RFC 5322 section 3.6)");
    case FromState::several_from:
      return found("from.several", actions.several,
                   "Message has several From fields (RFC 5322 section 3.6)");
    case FromState::malformed:
      return found("from.malformed", actions.malformed,
                   "From field cannot be read (RFC 5322 section 3.6.2)");
    case FromState::no_author:
      return found("from.no_author", actions.no_author, "From field names no author");
  }
  unreachable();
}

std::optional<Finding> irregular_from_finding(const MessageFacts& facts,
                                              const conf::InboundSettings& settings) {
  if (!facts.from_is_irregular) return std::nullopt;
  return finding("from.irregular", settings.from.irregular, "7.1",
                 "From field does not follow RFC 5322 section 3.4");
}

std::optional<Finding> our_domain_finding(const MessageFacts& facts,
                                          const conf::InboundSettings& settings) {
  // DMARC passes only if it does so for every author domain.
  if (facts.dmarc == auth::DmarcResult::pass) return std::nullopt;
  bool is_open = false;
  for (const auto& domain : facts.our_author_domains) {
    if (has_result(facts, domain, SpfResult::pass, DkimResult::pass)) continue;
    if (facts.dmarc != auth::DmarcResult::temperror &&
        !has_result(facts, domain, SpfResult::temperror, DkimResult::temperror))
      return finding("inbound.our_domain", settings.our_domain, "7.1",
                     "Mail of our users is taken from them alone");
    is_open = true;
  }
  if (is_open)
    return unfinished("inbound.our_domain_open", settings.our_domain, "7.1",
                      "Mail of our users cannot be checked now");
  if (facts.directory_is_silent)
    return unfinished("inbound.directory_silent", settings.our_domain, "3.0",
                      "Sender domain cannot be looked up now");
  return std::nullopt;
}

}  // namespace milterward::rules
