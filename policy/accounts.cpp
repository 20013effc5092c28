// SPDX-License-Identifier: Apache-2.0
#include "policy/accounts.h"

#include <utility>

#include "conf/ladder.h"
#include "policy/account_limits.h"
#include "policy/mail/login.h"
#include "policy/rules/quota.h"

namespace milterward {
namespace {

using Report = Result<AccountReport, std::string>;

const ports::StoreFault away{"it is a shared one, and away"};

Unexpected<std::string> store_fault(const ports::StoreFault& fault) {
  return Unexpected{"the store does not answer: " + fault.reason};
}

}  // namespace

std::string lock_of(std::string_view login) {
  return "locked:" + counter_part(login_key(login, ""));
}

Report Accounts::show(std::string_view login) const {
  const auto sender = sender_of(login);
  if (!sender) return Unexpected{sender.fault()};
  const auto& settings = services_.config->quota;
  AccountReport report{
      sender->login,
      sender->account_class.empty() ? settings.default_class : sender->account_class,
      false,
      {},
      std::nullopt};
  auto limits = limits_of_account(*sender);
  auto warmup = warmup_of(*sender);
  if (warmup) {
    if (!warmup->look(deadline())) return store_fault({"it takes too long"});
    for (auto& limit : warmup->limits()) limits.push_back(std::move(limit));
  }
  std::vector<ports::Hit> hits{{lock_of(sender->login), ports::lasting, 0, 0}};
  std::vector<rules::QuotaFact> facts;
  for (auto& limit : limits) {
    limit.hit.amount = 0;
    facts.push_back(limit.fact(login_key(sender->login, "")));
    hits.push_back(std::move(limit.hit));
  }
  const auto found = services_.counters->hit(
      hits, ports::Grant::always, ports::since_1970(*services_.clock), deadline());
  if (!found) return store_fault(found.fault());
  if (found->in_share) return store_fault(away);
  report.is_locked = found->counts[0].used != 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    facts[i].used = found->counts[i + 1].used;
    facts[i].fits = facts[i].used < facts[i].limit;
    report.quotas.push_back(std::move(facts[i]));
  }
  if (warmup) {
    const auto& rung = warmup->rung();
    if (rung.messages)
      report.ladder = {rung.step + 1,
                       conf::parse_ladder(services_.config->warmup.ladder).size(),
                       rung.is_frozen,
                       *rung.messages,
                       warmup->state().bounced,
                       warmup->state().complained};
  }
  return report;
}

Report Accounts::reset(std::string_view login) const {
  const auto sender = sender_of(login);
  if (!sender) return Unexpected{sender.fault()};
  auto limits = limits_of_account(*sender);
  if (auto warmup = warmup_of(*sender)) {
    if (!warmup->look(deadline())) return store_fault({"it takes too long"});
    for (auto& limit : warmup->limits()) limits.push_back(std::move(limit));
  }
  std::vector<std::string> counters;
  for (const auto& limit : limits) counters.push_back(limit.hit.counter);
  const auto cleared = services_.counters->clear(counters, deadline());
  if (!cleared) return store_fault(cleared.fault());
  return show(login);
}

Report Accounts::lock(std::string_view login) const {
  const auto sender = sender_of(login);
  if (!sender) return Unexpected{sender.fault()};
  ports::Reservation reservation{*services_.counters};
  const ports::Hit hit{lock_of(sender->login), ports::lasting, 1, 1};
  const auto locked = reservation.add({hit}, ports::Grant::within_limits,
                                      ports::since_1970(*services_.clock), deadline());
  if (!locked) return store_fault(locked.fault());
  if (locked->in_share) return store_fault(away);
  const auto kept = reservation.commit(deadline());
  if (!kept) return store_fault(kept.fault());
  return show(login);
}

Report Accounts::unlock(std::string_view login) const {
  const auto sender = sender_of(login);
  if (!sender) return Unexpected{sender.fault()};
  const std::vector<std::string> counters{lock_of(sender->login)};
  const auto cleared = services_.counters->clear(counters, deadline());
  if (!cleared) return store_fault(cleared.fault());
  return show(login);
}

Report Accounts::promote(std::string_view login) const {
  const auto sender = sender_of(login);
  if (!sender) return Unexpected{sender.fault()};
  auto warmup = warmup_of(*sender);
  if (!warmup) return Unexpected{std::string{"its class has no plan to climb to"}};
  const auto promoted = warmup->promote(deadline());
  if (!promoted) return store_fault(promoted.fault());
  return show(login);
}

std::vector<CountedLimit> Accounts::limits_of_account(
    const rules::SenderFacts& sender) const {
  const auto& settings = services_.config->quota;
  auto limits = limits_for(rules::plans_for(sender, settings), settings);
  std::erase_if(limits, [](const CountedLimit& limit) {
    return limit.scope != rules::QuotaScope::account;
  });
  return limits;
}

/// None where no plan is for it.
std::optional<Warmup> Accounts::warmup_of(const rules::SenderFacts& sender) const {
  std::optional<Warmup> warmup;
  for (const auto& applied : rules::plans_for(sender, services_.config->quota))
    if (applied.scope == rules::QuotaScope::account) warmup.emplace(services_, applied);
  return warmup;
}

/// As it would come with a message.
Result<rules::SenderFacts, std::string> Accounts::sender_of(std::string_view login) const {
  if (!services_.counters) return Unexpected{std::string{"no store is open"}};
  rules::SenderFacts sender;
  sender.login = full_login(login, services_.config->directory.realm);
  if (sender.login.empty()) return Unexpected{std::string{"a login is needed"}};
  const auto account_class = services_.directory->class_of(
      sender.login,
      Deadline::after(*services_.clock, services_.config->dns.message_deadline));
  if (!account_class) return Unexpected{std::string{"the directory does not answer"}};
  sender.account_class = *account_class;
  return sender;
}

Deadline Accounts::deadline() const {
  return Deadline::after(*services_.clock, services_.config->store.timeout);
}

}  // namespace milterward
