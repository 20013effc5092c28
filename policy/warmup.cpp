// SPDX-License-Identifier: Apache-2.0
#include "policy/warmup.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "conf/ladder.h"
#include "policy/accounts.h"
#include "policy/base/sink.h"
#include "policy/rules/quota_text.h"
#include "policy/sent_mail.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using ports::CountingWindow;
using ports::Grant;
using ports::Hit;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr unsigned days_of_month = 31;  // today and the thirty before
constexpr unsigned days_alive = 8;      // a week of silence is no pause

std::vector<std::uint64_t> ladder_of(rules::QuotaScope scope,
                                     const conf::WarmupSettings& settings) {
  return conf::parse_ladder(scope == rules::QuotaScope::egress ? settings.address_ladder
                                                               : settings.ladder);
}

constexpr auto born = "store:born";
constexpr auto alive = "store:alive";

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
      day_(days(1, services.config->quota)),
      lately_(days(static_cast<unsigned>(services.config->warmup.idle_days + 1),
                   services.config->quota)),
      month_(days(days_of_month, services.config->quota)) {}

bool Warmup::look(Deadline deadline) {
  state_.is_at_plan = !warms_up_;
  if (!warms_up_) return !is_account() || look_at_habit(deadline);
  const auto number = sender_number(scope_, subject_);
  const std::vector<Hit> hits{
      counter("w:plan", ports::lasting, 0), counter("w:begun", ports::lasting, 0),
      counter("seen", ports::lasting, 0),   counter("w:up", ports::lasting, 0),
      counter("w:down", ports::lasting, 0), counter("w:today", day_, 0),
      counter("w:lately", lately_, 0),      counter("w:month", month_, 0),
      {bounced_counter(number), month_, 0}, {complained_counter(number), month_, 0},
      counter("w:active", month_, 0),       counter("w:climb", day_, 0)};
  const auto found = services_.counters->hit(hits, Grant::always,
                                             ports::since_1970(*services_.clock), deadline);
  if (!found) return false;
  const auto used = [&](std::size_t i) { return found->counts[i].used; };
  state_.is_at_plan = state_.is_at_plan || used(0) != 0;
  state_.has_begun = used(1) != 0;
  state_.was_seen = used(2) != 0;
  state_.climbed = used(3);
  state_.descended = used(4);
  state_.sent_today = used(5);
  state_.sent_lately = used(6);
  state_.sent_this_month = used(7);
  state_.bounced = used(8);
  state_.complained = used(9);
  state_.active_days = used(10);
  state_.has_climbed_today = used(11) != 0;
  if (!state_.is_at_plan && !state_.has_begun &&
      (!look_at_directory() || !look_at_store(deadline)))
    return false;
  rung_ = rules::decide_rung(state_, ladder_of(scope_, services_.config->warmup));
  return true;
}

/// All that matters of an account whose plan rules alone: for its bursts.
bool Warmup::look_at_habit(Deadline deadline) {
  const std::array hits{counter("w:today", day_, 0), counter("w:month", month_, 0),
                        counter("w:active", month_, 0)};
  const auto found = services_.counters->hit(hits, Grant::always,
                                             ports::since_1970(*services_.clock), deadline);
  if (!found) return false;
  state_.sent_today = found->counts[0].used;
  state_.sent_this_month = found->counts[1].used;
  state_.active_days = found->counts[2].used;
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

/// Is it old enough to know who is new? One that is empty, or was silent as an old copy
/// that was put back would be, is young from today on.
bool Warmup::look_at_store(Deadline deadline) {
  const auto now = ports::since_1970(*services_.clock);
  const auto today = static_cast<std::uint64_t>(now / 24h);
  const auto week = days(days_alive, services_.config->quota);
  const std::vector<Hit> look{{born, ports::lasting, 0}, {alive, week, 0}};
  const auto found = services_.counters->hit(look, Grant::always, now, deadline);
  if (!found) return false;
  auto birth = found->counts[0].used;
  if (birth == 0 || found->counts[1].used == 0) {
    const std::vector<std::string> former{born};
    if (birth != 0 && !services_.counters->clear(former, deadline)) return false;
    ports::Reservation anew{*services_.counters};
    // Of several at once one may set it: then it is set.
    const std::vector<Hit> set{{born, ports::lasting, today, today}, {alive, week, 1}};
    if (!anew.add(set, Grant::within_limits, now, deadline) || !anew.commit(deadline))
      return false;
    birth = today;
    if (const auto patience = services_.config->warmup.store_days; patience != 0)
      log_event(Event::warmup_waits, {{"store", services_.config->store.url},
                                      {"days", std::to_string(patience)}});
  }
  state_.store_is_young =
      today < birth + static_cast<std::uint64_t>(services_.config->warmup.store_days);
  return true;
}

bool Warmup::climb(ports::Reservation& reservation, Deadline deadline) {
  if (rung_.climb == rules::Climb::stay) return true;
  auto one_a_day = counter("w:climb", day_, 1);
  one_a_day.limit = 1;
  const std::vector<Hit> hits{
      one_a_day,
      counter(rung_.climb == rules::Climb::up ? "w:up" : "w:down", ports::lasting, 1)};
  const auto added = reservation.add(hits, Grant::within_limits,
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
    limits.push_back(
        {{scope_, measure, "warmup_day", 0, limit, true, ports::Seconds{0}, subject_},
         std::move(hit)});
  };
  add(conf::QuotaMeasure::messages, "w:messages", *rung_.messages);
  if (is_account())  // of a domain or an address nobody knows whom it may know
    add(conf::QuotaMeasure::first_time_recipients, "w:first", rung_.first_time_recipients);
  return limits;
}

std::vector<Hit> Warmup::memory() const {
  std::vector<Hit> hits{counter("seen", ports::lasting, 1)};
  if (!warms_up_ && !is_account()) return hits;
  hits.push_back(counter("w:today", day_, 1));
  hits.push_back(counter("w:month", month_, 1));
  if (state_.sent_today == 0) hits.push_back(counter("w:active", month_, 1));
  if (!warms_up_) return hits;
  hits.push_back(counter("w:lately", lately_, 1));
  hits.push_back({alive, days(days_alive, services_.config->quota), 1});
  if (rung_.begins) hits.push_back(counter("w:begun", ports::lasting, 1));
  return hits;
}

void Warmup::accepted(const rules::MessageFacts& facts, const std::string& message_id,
                      std::span<const std::string> recipients, Deadline deadline) {
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
  for (const auto& recipient : recipients) mark(facts.mail_from, recipient);
  // An amount that is there already is a number itself and must not grow.
  const auto found = services_.counters->hit(marks, Grant::always, now, deadline);
  if (!found) return;
  std::vector<Hit> missing;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (found->counts[i].used != 0) continue;
    marks[i].amount = number;
    missing.push_back(std::move(marks[i]));
  }
  if (missing.empty()) return;
  ports::Reservation reservation{*services_.counters};
  if (reservation.add(missing, Grant::with_room_to_spare, now, deadline))
    static_cast<void>(reservation.commit(deadline));
}

/// Once a day, with the message that is one too many.
void Warmup::note_burst(Deadline deadline) {
  const auto& settings = services_.config->warmup;
  const auto from = rules::burst_from(state_, settings.burst_factor);
  if (!from || rung_.messages || state_.sent_today < *from) return;
  auto once = counter("w:burst", day_, 1);
  once.limit = 1;
  ports::Reservation reservation{*services_.counters};
  const auto first = reservation.add({&once, 1}, Grant::within_limits,
                                     ports::since_1970(*services_.clock), deadline);
  if (!first || !first->granted || !reservation.commit(deadline)) return;
  const bool locks = settings.on_burst == conf::OnBurst::lock;
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
  const auto added = reservation.add({&plan, 1}, Grant::within_limits,
                                     ports::since_1970(*services_.clock), deadline);
  if (!added) return Unexpected{added.fault()};
  return reservation.commit(deadline);
}

Hit Warmup::counter(std::string_view name, const CountingWindow& window,
                    std::uint64_t amount) const {
  std::string full;
  full.reserve(name.size() + 1 + part_.size());
  full.append(name) += ':';
  full += part_;
  return {std::move(full), window, amount, no_limit};
}

}  // namespace milterward
