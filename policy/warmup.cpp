// SPDX-License-Identifier: Apache-2.0
#include "policy/warmup.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "conf/ladder.h"
#include "policy/accounts.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/rules/quota_text.h"
#include "policy/sent_mail.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using ports::CountingWindow;
using ports::Grant;
using ports::Hit;

constexpr unsigned days_of_month = 31;  // today and the thirty before
constexpr unsigned days_alive = 8;      // a week of silence is no pause
constexpr auto resumed = "store:resumed";

std::vector<std::uint64_t> ladder_of(rules::QuotaScope scope,
                                     const conf::WarmupSettings& settings) {
  return conf::parse_ladder(scope == rules::QuotaScope::egress ? settings.address_ladder
                                                               : settings.ladder);
}

/// Whose first day counts: when a class or the domains begin to warm up, none of them is
/// known yet. An address of ours is named one by one, and new when it is.
std::string kind_of(const rules::AppliedPlan& applied) {
  switch (applied.scope) {
    case rules::QuotaScope::account:
      return "account:" + counter_part(applied.plan_name);
    case rules::QuotaScope::domain:
      return "domain";
    case rules::QuotaScope::client:
    case rules::QuotaScope::egress:
      return "";
  }
  unreachable();
}

CountingWindow days(unsigned number, const conf::QuotaSettings& settings) {
  auto window = CountingWindow::calendar(
      24h, std::chrono::duration_cast<ports::Seconds>(settings.day_begins));
  window.slices = number;
  return window;
}

}  // namespace

Warmup::Warmup(const Services& services, const rules::AppliedPlan& applied)
    : services_(services),
      scope_(applied.scope),
      subject_(applied.subject),
      part_((std::string{to_text(scope_)} += ':') += counter_part(subject_)),
      warms_up_(applied.plan->warm_up),
      kind_(warms_up_ ? kind_of(applied) : ""),
      day_(days(1, services.config->quota)),
      lately_(days(static_cast<unsigned>(services.config->warmup.idle_days + 1),
                   services.config->quota)),
      month_(days(days_of_month, services.config->quota)) {}

ports::Hit Warmup::sign_of_life(const conf::QuotaSettings& settings) {
  return {"store:alive", days(days_alive, settings), 1, ports::no_limit};
}

bool Warmup::look(Deadline deadline) {
  state_.is_at_plan = !warms_up_;
  if (!warms_up_) return true;
  const auto number = sender_number(scope_, subject_);
  const std::vector<Hit> hits{counter("w:plan", ports::lasting, 0),
                              counter("w:begun", ports::lasting, 0),
                              counter("seen", ports::lasting, 0),
                              counter("w:counted", day_, 0),
                              counter("w:up", ports::lasting, 0),
                              counter("w:down", ports::lasting, 0),
                              counter("w:today", day_, 0),
                              counter("w:lately", lately_, 0),
                              counter("w:month", month_, 0),
                              counter("w:active", month_, 0),
                              counter("w:climb", day_, 0),
                              counter("w:recipients", month_, 0),
                              {bounced_counter(number), month_, 0},
                              {bounced_messages_counter(number), month_, 0},
                              {complained_counter(number), month_, 0}};
  const auto found = services_.counters->hit(hits, Grant::always,
                                             ports::since_1970(*services_.clock), deadline);
  if (!found) return false;
  is_blind_ = found->in_share;
  if (is_blind_) return true;
  auto next = found->counts.begin();
  const auto used = [&] { return (next++)->used; };
  state_.is_at_plan = used() != 0;
  state_.has_begun = used() != 0;
  const auto seen = used();
  state_.was_seen = seen != 0;
  state_.was_seen_before_today = seen > used();
  state_.climbed = used();
  state_.descended = used();
  state_.sent_today = used();
  state_.sent_lately = used();
  state_.sent_this_month = used();
  state_.active_days = used();
  state_.has_climbed_today = used() != 0;
  state_.recipients = used();
  state_.bounced = used();
  state_.bounced_messages = used();
  state_.complained = used();
  if (!state_.is_at_plan && !state_.has_begun &&
      (!look_at_directory() || !look_at_store(deadline)))
    return false;
  rung_ = rules::decide_rung(state_, ladder_of(scope_, services_.config->warmup));
  return true;
}

bool Warmup::settle(Deadline deadline) {
  return !rung_.is_found_existing || promote(deadline).has_value();
}

bool Warmup::look_at_directory() {
  if (!is_account()) return true;
  const auto established = services_.directory->is_established(
      subject_, Deadline::after(*services_.clock, services_.config->dns.message_deadline));
  if (established) state_.is_established = *established;
  return established.has_value();
}

/// Is it old enough to know who is new? Not while senders of this kind have not been looked
/// at for long, nor when the store is empty, or was silent as an old copy that was put back
/// would be.
bool Warmup::look_at_store(Deadline deadline) {
  const auto now = ports::since_1970(*services_.clock);
  const auto today = static_cast<std::uint64_t>(now / 24h);
  const auto born = "store:born:" + kind_;
  auto alive = sign_of_life(services_.config->quota);
  alive.amount = 0;
  const std::vector<Hit> look{
      {born, ports::lasting, 0}, {resumed, ports::lasting, 0}, std::move(alive)};
  const auto found = services_.counters->hit(look, Grant::always, now, deadline);
  if (!found || found->in_share) return false;
  auto birth = kind_.empty() ? 0 : found->counts[0].used;
  auto resumption = found->counts[1].used;
  if (!kind_.empty() && birth == 0) {
    if (!date(born, /*is_set=*/false, deadline)) return false;
    birth = today;
  }
  if (found->counts[2].used == 0) {
    if (!date(resumed, resumption != 0, deadline)) return false;
    resumption = today;
  }
  state_.store_is_young =
      today < std::max(birth, resumption) + services_.config->warmup.store_days;
  return true;
}

/// Of several that do so at once one sets it.
bool Warmup::date(const std::string& counter, bool is_set, Deadline deadline) {
  const std::vector<std::string> former{counter};
  if (is_set && !services_.counters->clear(former, deadline)) return false;
  const auto now = ports::since_1970(*services_.clock);
  const auto today = static_cast<std::uint64_t>(now / 24h);
  std::vector<Hit> set{{counter, ports::lasting, today, today},
                       sign_of_life(services_.config->quota)};
  ports::Reservation anew{*services_.counters};
  const auto added = anew.add(std::move(set), Grant::within_limits, now, deadline);
  if (!added || !anew.commit(deadline)) return false;
  if (const auto patience = services_.config->warmup.store_days;
      added->granted && patience != 0)
    log_event(Event::warmup_waits, {{"store", services_.config->store.url},
                                    {"for", counter},
                                    {"days", std::to_string(patience)}});
  return true;
}

bool Warmup::climb(ports::Reservation& reservation, Deadline deadline) {
  if (is_blind_) return true;
  if (rung_.climb == rules::Climb::stay) return true;
  auto one_a_day = counter("w:climb", day_, 1);
  one_a_day.limit = 1;
  std::vector<Hit> hits{
      std::move(one_a_day),
      counter(rung_.climb == rules::Climb::up ? "w:up" : "w:down", ports::lasting, 1)};
  const auto added = reservation.add(std::move(hits), Grant::within_limits,
                                     ports::since_1970(*services_.clock), deadline);
  if (!added) return false;
  if (added->granted) return true;
  state_.has_climbed_today = true;  // by a message at the same time
  rung_ = rules::decide_rung(state_, ladder_of(scope_, services_.config->warmup));
  return true;
}

std::vector<CountedLimit> Warmup::limits() const {
  if (!rung_.messages) return {};
  std::vector<CountedLimit> limits;
  const auto add = [&](conf::QuotaMeasure measure, std::string_view name,
                       std::uint64_t limit) {
    auto hit = counter(name, day_, 0);
    hit.limit = limit;
    limits.push_back({scope_, measure, "warmup_day", std::move(hit)});
  };
  add(conf::QuotaMeasure::messages, "w:messages", *rung_.messages);
  if (is_account())  // of a domain or an address nobody knows whom it may know
    add(conf::QuotaMeasure::first_time_recipients, "w:first", rung_.first_time_recipients);
  return limits;
}

void Warmup::add_memory(std::vector<Hit>& hits) {
  if (is_blind_) return;
  memory_ = hits.size();
  hits.push_back(counter("w:counted", day_, 0));
  if (!warms_up_ && !is_account()) return;
  hits.push_back(counter("w:today", day_, 1));
  hits.push_back(counter("w:month", month_, 1));
  if (!warms_up_) return;
  hits.push_back(counter("w:lately", lately_, 1));
  if (rung_.begins) hits.push_back(counter("w:begun", ports::lasting, 1));
}

void Warmup::remember(const ports::HitResult& found) {
  if (is_blind_) return;
  is_blind_ = found.in_share;
  begins_day_ = found.counts[memory_].used == 0;
  if (is_account() || warms_up_) state_.sent_today = found.counts[memory_ + 1].used - 1;
}

bool Warmup::begin_day(ports::Reservation& reservation, Deadline deadline) const {
  if (!begins_day_) return true;
  auto one_a_day = counter("w:counted", day_, 1);
  one_a_day.limit = 1;
  std::vector<Hit> hits{std::move(one_a_day), counter("seen", ports::lasting, 1),
                        sign_of_life(services_.config->quota)};
  if (is_account()) hits.push_back(counter("w:active", month_, 1));
  // The share of one is none: the day counts in each share, as its messages do.
  const auto grant = is_blind_ ? Grant::always : Grant::within_limits;
  return reservation
      .add(std::move(hits), grant, ports::since_1970(*services_.clock), deadline)
      .has_value();
}

void Warmup::add_memory_of(std::uint64_t recipients, std::vector<Hit>& hits) const {
  if (is_blind_ || !warms_up_ || recipients == 0) return;
  hits.push_back(counter("w:recipients", month_, recipients));
}

void Warmup::accepted(const rules::MessageFacts& facts, const std::string& message_id,
                      std::span<const std::string> recipients, Deadline deadline) {
  if (is_blind_) return;
  if (is_account()) note_burst(deadline);
  if (!rung_.messages || message_id.empty()) return;
  const auto number = sender_number(scope_, subject_);
  const auto now = ports::since_1970(*services_.clock);
  std::vector<Hit> marks;
  const auto mark = [&](std::string_view mail_from, std::string_view recipient) {
    Hit hit{sent_mark(scope_, mail_from, message_id, recipient), window_of_sent_mail(), 0};
    if (std::ranges::find(marks, hit.counter, &Hit::counter) == marks.end())
      marks.push_back(std::move(hit));
  };
  mark("", "");
  mark(facts.mail_from, "");
  for (const auto& recipient : recipients) mark(facts.mail_from, recipient);
  // An amount that is there already is a number itself and must not grow.
  const auto found = services_.counters->hit(marks, Grant::always, now, deadline);
  if (!found || found->in_share) return;
  std::vector<Hit> missing;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (found->counts[i].used != 0) continue;
    marks[i].amount = number;
    missing.push_back(std::move(marks[i]));
  }
  if (missing.empty()) return;
  ports::Reservation reservation{*services_.counters};
  if (reservation.add(std::move(missing), Grant::with_room_to_spare, now, deadline))
    static_cast<void>(reservation.commit(deadline));
}

/// So many messages before this one make it a burst. Looks at the habit only of those who
/// have sent enough for one.
std::optional<std::uint64_t> Warmup::burst_from(Deadline deadline) {
  if (rung_.messages || state_.sent_today < rules::least_burst) return std::nullopt;
  const std::array hits{counter("w:today", day_, 0), counter("w:month", month_, 0),
                        counter("w:active", month_, 0), counter("seen", ports::lasting, 0),
                        counter("w:counted", day_, 0)};
  const auto found = services_.counters->hit(hits, Grant::always,
                                             ports::since_1970(*services_.clock), deadline);
  if (!found || found->in_share) return std::nullopt;
  auto habit = state_;
  habit.sent_today = found->counts[0].used;
  habit.sent_this_month = found->counts[1].used;
  habit.active_days = found->counts[2].used;
  habit.was_seen_before_today = found->counts[3].used > found->counts[4].used;
  return rules::burst_from(habit, services_.config->warmup.burst_factor);
}

/// Once a day, with the message that is one too many.
void Warmup::note_burst(Deadline deadline) {
  const auto from = burst_from(deadline);
  if (!from || state_.sent_today < *from) return;
  auto once = counter("w:burst", day_, 1);
  once.limit = 1;
  ports::Reservation reservation{*services_.counters};
  const auto first = reservation.add({std::move(once)}, Grant::within_limits,
                                     ports::since_1970(*services_.clock), deadline);
  if (!first || !first->granted || !reservation.commit(deadline)) return;
  const bool locks = services_.config->warmup.on_burst == conf::OnBurst::lock;
  const bool locked = locks && Accounts{services_}.lock(subject_).has_value();
  log_event(Event::account_burst, {{"login", subject_},
                                   {"messages", std::to_string(state_.sent_today + 1)},
                                   {"expected", std::to_string(*from)},
                                   {"action", !locks   ? "log"
                                              : locked ? "locked"
                                                       : "lock failed"}});
}

Result<std::monostate, ports::StoreFault> Warmup::promote(Deadline deadline) {
  ports::Reservation reservation{*services_.counters};
  auto plan = counter("w:plan", ports::lasting, 1);
  plan.limit = 1;
  const auto added = reservation.add({std::move(plan)}, Grant::within_limits,
                                     ports::since_1970(*services_.clock), deadline);
  if (!added) return Unexpected{added.fault()};
  if (added->in_share) return Unexpected{ports::StoreFault{"the shared store is away"}};
  return reservation.commit(deadline);
}

Hit Warmup::counter(std::string_view name, const CountingWindow& window,
                    std::uint64_t amount) const {
  std::string full;
  full.reserve(name.size() + 1 + part_.size());
  full.append(name) += ':';
  full += part_;
  return {std::move(full), window, amount, ports::no_limit};
}

}  // namespace milterward
