// SPDX-License-Identifier: Apache-2.0
#include "policy/account_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/quota_limit.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

constexpr std::size_t subject_limit = 300;

ports::CountingWindow window_of(const conf::QuotaLimit& limit,
                                const conf::QuotaSettings& settings) {
  if (!limit.is_calendar) return ports::CountingWindow::rolling(limit.period);
  const auto offset = std::chrono::duration_cast<ports::Seconds>(settings.day_begins);
  return ports::CountingWindow::calendar(limit.period, offset % limit.period);
}

/// "account:messages/10m:joe@home.test". Every message asks for some: they are put together
/// without a format string.
std::string counter_of(rules::QuotaScope scope, const conf::QuotaLimit& limit,
                       std::string_view subject) {
  const auto scope_name = to_text(scope);
  std::string name;
  name.reserve(scope_name.size() + limit.name.size() + subject.size() + 2);
  name.append(scope_name) += ':';
  name.append(limit.name) += ':';
  return name.append(subject);
}

}  // namespace

void CountedLimit::note(const ports::Count& said, bool is_granted, std::size_t warn_at) {
  is_past_limit = is_past_limit || (is_granted && !said.fits);
  count = said;
  count.fits = said.fits && !is_past_limit;
  if (warn_at == 0 || !is_granted) return;
  // Rounded up: 80 percent of 3 is reached with the third.
  const auto warn_from = (hit.limit * warn_at + 99) / 100;
  if (said.used >= warn_from && said.used - hit.amount < warn_from) is_past_warning = true;
}

rules::QuotaFact CountedLimit::fact(std::string subject) const {
  return {scope,     measure,    std::string{period}, count.used,
          hit.limit, count.fits, count.room_at,       std::move(subject)};
}

std::vector<CountedLimit> limits_for(std::span<const rules::AppliedPlan> plans,
                                     const conf::QuotaSettings& settings) {
  std::vector<CountedLimit> limits;
  std::size_t number = 0;
  for (const auto& applied : plans) number += applied.plan->limits.size();
  limits.reserve(number);
  for (const auto& applied : plans) {
    const auto subject = counter_part(applied.subject);
    for (const auto& limit : applied.plan->limits)
      limits.push_back({applied.scope,
                        limit.measure,
                        conf::period_of(limit),
                        {counter_of(applied.scope, limit, subject),
                         window_of(limit, settings), 0, limit.amount}});
  }
  return limits;
}

std::string counter_part(std::string_view subject) {
  const auto stands = [](char c) { return c > ' ' && c < 0x7f && c != '%'; };
  if (subject.size() <= subject_limit && std::ranges::all_of(subject, stands))
    return std::string{subject};
  std::string text;
  for (const char c : subject) {
    if (stands(c))
      text += c;
    else
      text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    if (text.size() >= subject_limit) break;
  }
  return text;
}

}  // namespace milterward
