// SPDX-License-Identifier: Apache-2.0
#include "policy/account_limits.h"

#include <fmt/format.h>

#include "conf/quota_limit.h"
#include "policy/rules/quota.h"
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

}  // namespace

std::vector<CountedLimit> limits_for(const rules::SenderFacts& sender,
                                     const conf::QuotaSettings& settings) {
  std::vector<CountedLimit> limits;
  for (const auto& applied : rules::plans_for(sender, settings)) {
    const auto subject = counter_part(applied.subject);
    for (const auto& limit : applied.plan->limits) {
      CountedLimit one;
      one.fact = {applied.scope, limit.measure, conf::period_of(limit), 0,
                  limit.amount,  true,          ports::Seconds{0},      applied.subject};
      one.hit = {fmt::format("{}:{}/{}:{}", to_text(applied.scope), to_text(limit.measure),
                             one.fact.period, subject),
                 window_of(limit, settings), 0, limit.amount};
      limits.push_back(std::move(one));
    }
  }
  return limits;
}

std::string counter_part(std::string_view subject) {
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

}  // namespace milterward
