// SPDX-License-Identifier: Apache-2.0
#include "policy/allowance.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/quota_limit.h"
#include "policy/base/sink.h"
#include "policy/returned_mail.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

using conf::QuotaMeasure;
using rules::QuotaFact;

/// Of a login or a domain within a counter's name; longer ones share what their beginning
/// has.
constexpr std::size_t subject_limit = 300;

std::string escaped(std::string_view subject) {
  std::string text;
  for (const char c : subject) {
    if (c > ' ' && c < 0x7f && c != '%')
      text += c;
    else
      text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    if (text.size() >= subject_limit) break;
  }
  return text;
}

ports::CountingWindow window_of(const conf::QuotaLimit& limit,
                                const conf::QuotaSettings& settings) {
  if (!limit.is_calendar) return ports::CountingWindow::rolling(limit.period);
  const auto offset = std::chrono::duration_cast<ports::Seconds>(settings.day_begins);
  return ports::CountingWindow::calendar(limit.period, offset % limit.period);
}

}  // namespace

Allowance::Allowance(const Services& services) : services_(services) {
  if (services.counters) reservation_.emplace(*services.counters);
}

void Allowance::take(rules::RecipientFacts& facts) {
  if (!reservation_ || may_bring_traces(facts)) return;
  find_limits(facts);
  facts.store_is_unavailable = !count(1);
  facts.quotas = quotas();
}

void Allowance::take(rules::MessageFacts& facts) {
  if (!reservation_ || facts.returned != rules::Returned::no) return;
  find_limits(facts);
  facts.store_is_unavailable =
      !count(facts.recipient_count - std::min(recipients_counted_, facts.recipient_count));
  facts.quotas = quotas();
}

bool Allowance::commit(rules::MessageFacts& facts, const std::string& id,
                       const std::string& queue_id) {
  if (!reservation_) return true;
  if (!reservation_->commit(deadline())) {
    facts.store_is_unavailable = true;
    return false;
  }
  for (const auto& limit : limits_) {
    if (!limit.is_past_warning) continue;
    log_event(
        Event::quota_warning,
        {{"id", id},
         {"queue_id", queue_id},
         {"scope", std::string{to_text(limit.fact.scope)}},
         {"subject", limit.fact.subject},
         {"quota", fmt::format("{}/{}", to_text(limit.fact.measure), limit.fact.period)},
         {"used", std::to_string(limit.fact.used)},
         {"limit", std::to_string(limit.fact.limit)}});
  }
  return true;
}

void Allowance::find_limits(const rules::SenderFacts& facts) {
  if (std::exchange(limits_are_found_, true)) return;
  const auto& settings = services_.config->quota;
  for (const auto& applied : rules::plans_for(facts, settings)) {
    const auto subject = escaped(applied.subject);
    for (const auto& limit : applied.plan->limits) {
      Applied one;
      one.fact = {applied.scope, limit.measure, conf::period_of(limit), 0,
                  limit.amount,  true,          ports::Seconds{0},      applied.subject};
      one.hit = {fmt::format("{}:{}/{}:{}", to_text(applied.scope), to_text(limit.measure),
                             one.fact.period, subject),
                 window_of(limit, settings), 0, limit.amount};
      // Rounded up: 80 percent of 3 is reached with the third.
      if (settings.warn_at != 0)
        one.warn_from = (limit.amount * settings.warn_at + 99) / 100;
      limits_.push_back(std::move(one));
    }
  }
}

bool Allowance::count(std::size_t recipients) {
  const std::uint64_t messages = message_is_counted_ ? 0 : 1;
  std::vector<ports::Hit> hits;
  std::vector<Applied*> hit_ones;
  for (auto& limit : limits_) {
    limit.fact.fits = !limit.is_past_limit;  // a refused recipient is told, and gone
    limit.hit.amount = limit.fact.measure == QuotaMeasure::messages ? messages : recipients;
    if (limit.hit.amount == 0) continue;
    hits.push_back(limit.hit);
    hit_ones.push_back(&limit);
  }
  if (hits.empty()) return true;
  const auto grant = services_.config->quota.mode == Mode::enforce
                         ? ports::Grant::within_limits
                         : ports::Grant::always;
  const auto result =
      reservation_->add(hits, grant, ports::since_1970(*services_.clock), deadline());
  if (!result) return false;
  for (std::size_t i = 0; i < hits.size(); ++i)
    hit_ones[i]->note(result->counts[i], result->granted);
  if (result->granted) {
    message_is_counted_ = true;
    recipients_counted_ += recipients;
  }
  return true;
}

void Allowance::Applied::note(const ports::Count& count, bool is_granted) {
  fact.used = count.used;
  is_past_limit = is_past_limit || (is_granted && !count.fits);
  fact.fits = count.fits && !is_past_limit;
  fact.room_at = count.room_at;
  is_past_warning = is_past_warning || (is_granted && count.used >= warn_from &&
                                        count.used - hit.amount < warn_from);
}

std::vector<QuotaFact> Allowance::quotas() const {
  std::vector<QuotaFact> all;
  all.reserve(limits_.size());
  for (const auto& limit : limits_) all.push_back(limit.fact);
  return all;
}

Deadline Allowance::deadline() const {
  return Deadline::after(*services_.clock, services_.config->store.timeout);
}

}  // namespace milterward
