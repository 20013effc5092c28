// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/quota.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "conf/quota_limit.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/mail/login.h"
#include "policy/rules/direction.h"
#include "policy/rules/quota_text.h"

namespace milterward::rules {
namespace {

using conf::AtLimit;
using conf::QuotaPlan;
using conf::QuotaSettings;

/// In octets of a reply, which names a login and much else.
constexpr std::size_t subject_in_reply = 80;

/// That of the directory, else the default.
const std::string& class_of(const SenderFacts& facts, const QuotaSettings& settings) {
  return facts.account_class.empty() ? settings.default_class : facts.account_class;
}

const QuotaPlan* plan_of_account(const SenderFacts& facts, const QuotaSettings& settings) {
  if (!facts.client_is_authenticated() ||
      decide_direction(facts).direction == Direction::inbound)
    return nullptr;
  const auto& name = class_of(facts, settings);
  const auto found = std::ranges::find(settings.classes, name, &conf::QuotaClass::name);
  return found == settings.classes.end() ? nullptr : &found->plan;
}

std::optional<Domain> domain_of(std::string_view address) {
  const auto path = parse_path(address);
  if (!path || path->is_null()) return std::nullopt;
  return path->mailbox->domain;
}

std::optional<Domain> domain_of(const SenderFacts& facts) {
  if (decide_direction(facts).direction == Direction::inbound) return std::nullopt;
  const auto of_login = domain_of(facts.login);
  return of_login ? of_login : domain_of(facts.mail_from);
}

const QuotaPlan* plan_of_domain(const Domain& domain, const QuotaSettings& settings) {
  for (const auto& row : settings.domains) {
    const bool listed = std::ranges::any_of(
        row.domains, [&](const DomainPattern& pattern) { return pattern.holds(domain); });
    if (listed || row.domains.empty()) return &row.plan;
  }
  return nullptr;
}

IpAddress client_of(const SenderFacts& facts) {
  if (facts.client_is_upstream) return {};
  return facts.client.known() || facts.came_by_smtp ? facts.client
                                                    : IpAddress::v4({127, 0, 0, 1});
}

const QuotaPlan* plan_of_client(const IpAddress& client, const QuotaSettings& settings) {
  if (!client.known()) return nullptr;
  const auto found = std::ranges::find_if(
      settings.clients,
      [&](const conf::QuotaClient& row) { return any_contains(row.networks, client); });
  return found == settings.clients.end() ? nullptr : &found->plan;
}

const conf::QuotaEgress* egress_of(const SenderFacts& facts,
                                   const QuotaSettings& settings) {
  if (settings.egresses.empty() || decide_direction(facts).direction == Direction::inbound)
    return nullptr;
  const auto domain = domain_of(facts.mail_from);
  for (const auto& row : settings.egresses) {
    if (row.domains.empty()) return &row;
    if (domain && std::ranges::any_of(row.domains, [&](const DomainPattern& pattern) {
          return pattern.holds(*domain);
        }))
      return &row;
  }
  return nullptr;
}

std::string subject_of(const IpAddress& client) {
  if (client.is_v4()) return client.text();
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(client.octets().first(8), octets.begin());
  return Network{IpAddress::v6(octets), 64}.text();
}

const QuotaPlan* plan_of(QuotaScope scope, const SenderFacts& facts,
                         const QuotaSettings& settings) {
  switch (scope) {
    case QuotaScope::account:
      return plan_of_account(facts, settings);
    case QuotaScope::domain: {
      const auto domain = domain_of(facts);
      return domain ? plan_of_domain(*domain, settings) : nullptr;
    }
    case QuotaScope::client:
      return plan_of_client(client_of(facts), settings);
    case QuotaScope::egress: {
      const auto* egress = egress_of(facts, settings);
      return egress == nullptr ? nullptr : &egress->plan;
    }
  }
  unreachable();
}

std::string when(std::chrono::seconds since_1970) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::time_point{since_1970}));
}

/// Names the rule, used and limit, and when there is room again.
std::string text_of(const QuotaFact& fact) {
  const auto said = fmt::format("{}: {} has used {} of {} {}/{}", rule_of(fact),
                                printable(fact.subject, subject_in_reply), fact.used,
                                fact.limit, to_text(fact.measure), fact.period);
  if (fact.room_at.count() == 0) return said + ", and this mail alone is more";
  return fmt::format("{}, room again at {}", said, when(fact.room_at));
}

Verdict verdict_of(const QuotaFact& fact, AtLimit at_limit) {
  switch (at_limit) {
    case AtLimit::defer:
      return Verdict::defer(rule_of(fact), {451, "4.7.28", text_of(fact)});
    case AtLimit::reject:
      return Verdict::reject(rule_of(fact), {550, "5.7.28", text_of(fact)});
    case AtLimit::hold: {
      auto verdict = Verdict::proceed(rule_of(fact));
      verdict.action = Action::quarantine;
      verdict.hold_reason = text_of(fact);
      return verdict;
    }
  }
  unreachable();
}

}  // namespace

std::vector<AppliedPlan> plans_for(const SenderFacts& facts,
                                   const QuotaSettings& settings) {
  std::vector<AppliedPlan> plans;
  plans.reserve(4);
  if (const auto* plan = plan_of_account(facts, settings))
    plans.push_back(
        {QuotaScope::account, login_key(facts.login, ""), plan, class_of(facts, settings)});
  if (const auto domain = domain_of(facts))
    if (const auto* plan = plan_of_domain(*domain, settings))
      plans.push_back({QuotaScope::domain, domain->name(), plan});
  const auto client = client_of(facts);
  if (const auto* plan = plan_of_client(client, settings))
    plans.push_back({QuotaScope::client, subject_of(client), plan});
  if (const auto* egress = egress_of(facts, settings))
    plans.push_back({QuotaScope::egress, egress->address, &egress->plan});
  return plans;
}

std::optional<Verdict> decide_lock(const SenderFacts& sender, bool account_is_locked) {
  if (!account_is_locked) return std::nullopt;
  return Verdict::reject("account.locked",  // RFC 5248: 5.7.13 is "User account disabled"
                         {550, "5.7.13",
                          fmt::format("The account {} is locked, ask your postmaster",
                                      printable(sender.login, subject_in_reply))});
}

std::optional<Verdict> decide_quota(const SenderFacts& sender, const QuotaFindings& found,
                                    const QuotaSettings& settings) {
  if (found.store_is_unavailable)
    return Verdict::defer("quota.store_unavailable",
                          {451, "4.3.0", "Quotas cannot be counted, try again later"});
  std::optional<Verdict> strictest;
  for (const auto& fact : found.facts) {
    if (fact.fits) continue;
    const auto* plan = plan_of(fact.scope, sender, settings);
    if (plan == nullptr) continue;  // facts of a former configuration
    auto verdict = verdict_of(fact, plan->at_limit);
    if (!strictest || verdict.action > strictest->action) strictest = std::move(verdict);
  }
  return strictest;
}

std::optional<Verdict> decide_quota_at_rcpt(const SenderFacts& sender,
                                            const QuotaFindings& found,
                                            const QuotaSettings& settings) {
  auto verdict = decide_quota(sender, found, settings);
  if (verdict && !verdict->refuses()) verdict.reset();
  return verdict;
}

std::string rule_of(const QuotaFact& fact) {
  return fmt::format("quota.{}.{}_per_{}", to_text(fact.scope), to_text(fact.measure),
                     fact.period);
}

}  // namespace milterward::rules
