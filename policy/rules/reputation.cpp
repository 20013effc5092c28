// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/reputation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace milterward::rules {
namespace {

// A reply line has room for so many names of lists (RFC 5321 section 4.5.3.1.5).
constexpr std::size_t lists_named = 3;

bool answers(const conf::DnsList& row, const MessageFacts& facts) {
  return std::ranges::any_of(facts.listings, [&](const auth::Listing& listing) {
    return listing.list == row.shown() &&
           std::ranges::any_of(row.codes, [&](const ReturnCodes& codes) {
             return codes.hold(listing.code);
           });
  });
}

bool is_faulty(const conf::DnsList& row, const MessageFacts& facts) {
  return std::ranges::any_of(
      facts.list_faults, [&](const auto& faulty) { return faulty.list == row.shown(); });
}

long as_score(std::size_t number) { return static_cast<long>(number); }

}  // namespace

Reputation reputation_of(const MessageFacts& facts, const conf::DnsblSettings& settings) {
  Reputation reputation;
  long may_be_allowed = 0;
  for (const auto& row : settings.lists) {
    const auto weight = as_score(row.weight);
    switch (row.kind) {
      case conf::ListKind::block:
        if (!answers(row, facts)) break;
        reputation.score += weight;
        if (std::ranges::find(reputation.blocking, row.shown()) ==
            reputation.blocking.end())
          reputation.blocking.push_back(row.shown());
        break;
      case conf::ListKind::allow:
        if (answers(row, facts)) reputation.score -= weight;
        if (is_faulty(row, facts)) may_be_allowed += weight;
        break;
    }
  }
  reputation.least = reputation.score - may_be_allowed;
  return reputation;
}

bool is_listed(const MessageFacts& facts, const conf::DnsblSettings& settings) {
  const auto reputation = reputation_of(facts, settings);
  return !reputation.blocking.empty() &&
         reputation.least >= as_score(settings.listed_score);
}

std::optional<Finding> dnsbl_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings) {
  const auto& dnsbl = settings.dnsbl;
  const auto reputation = reputation_of(facts, dnsbl);
  if (reputation.blocking.empty() || reputation.score < as_score(dnsbl.listed_score))
    return std::nullopt;
  const bool badly = reputation.score >= as_score(dnsbl.badly_listed_score);
  const auto bound = as_score(badly ? dnsbl.badly_listed_score : dnsbl.listed_score);
  const auto& lists = reputation.blocking;
  const auto named = std::min(lists.size(), lists_named);
  auto text = fmt::format("Client [{}] is listed by {}", facts.client_examined().text(),
                          fmt::join(lists.begin(), lists.begin() + as_score(named), ", "));
  const auto make = reputation.least < bound ? unfinished : finding;
  auto found = make(badly ? "dnsbl.badly_listed" : "dnsbl.listed",
                    badly ? dnsbl.badly_listed : dnsbl.listed, "7.1", std::move(text));
  found.because = fmt::format("score {} by {}", reputation.score, fmt::join(lists, ", "));
  if (reputation.least < bound) found.because += ", lists of allowed clients are silent";
  return found;
}

}  // namespace milterward::rules
