// SPDX-License-Identifier: Apache-2.0
#include "policy/account_limits.h"

#include <fmt/format.h>

#include <algorithm>

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
std::string counter_of(const rules::QuotaFact& fact, std::string_view subject) {
  const auto scope = to_text(fact.scope);
  const auto measure = to_text(fact.measure);
  std::string name;
  name.reserve(scope.size() + measure.size() + fact.period.size() + subject.size() + 3);
  name.append(scope) += ':';
  name.append(measure) += '/';
  name.append(fact.period) += ':';
  return name.append(subject);
}

}  // namespace

std::vector<CountedLimit> limits_for(std::span<const rules::AppliedPlan> plans,
                                     const conf::QuotaSettings& settings) {
  std::vector<CountedLimit> limits;
  std::size_t count = 0;
  for (const auto& applied : plans) count += applied.plan->limits.size();
  limits.reserve(count);
  for (const auto& applied : plans) {
    const auto subject = counter_part(applied.subject);
    for (const auto& limit : applied.plan->limits) {
      auto& one = limits.emplace_back();
      one.fact = {applied.scope, limit.measure, conf::period_of(limit), 0,
                  limit.amount,  true,          ports::Seconds{0},      applied.subject};
      one.hit = {counter_of(one.fact, subject), window_of(limit, settings), 0,
                 limit.amount};
    }
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
