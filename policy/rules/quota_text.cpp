// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/quota_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/quota_limit.h"
#include "policy/base/unreachable.h"

namespace milterward::rules {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

template <class Enum, std::size_t N>
std::optional<Enum> word(const std::array<Enum, N>& all, std::string_view text) {
  const auto found =
      std::ranges::find_if(all, [&](const Enum value) { return to_text(value) == text; });
  return found == all.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

std::string_view to_text(QuotaScope scope) noexcept {
  switch (scope) {
    case QuotaScope::account:
      return "account";
    case QuotaScope::domain:
      return "domain";
    case QuotaScope::client:
      return "client";
    case QuotaScope::egress:
      return "egress";
  }
  unreachable();
}

std::string to_text(const QuotaFact& fact) {
  return fmt::format("{}:{}:{}:{}:{}:{}:{}:{}", to_text(fact.scope), to_text(fact.measure),
                     fact.period, fact.used, fact.limit, fact.fits ? "fits" : "over",
                     fact.room_at.count(), fact.subject);
}

std::optional<QuotaFact> parse_quota_fact(std::string_view text) {
  const auto take = [&text] {
    const auto part = text.substr(0, text.find(':'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
  };
  const auto scope = word(quota_scopes, take());
  const auto measure = word(conf::quota_measures, take());
  const auto period = take();
  const auto used = number(take());
  const auto limit = number(take());
  const auto fits = take();
  const auto room_at = number(take());
  if (!scope || !measure || !used || !limit || !room_at ||
      (fits != "fits" && fits != "over"))
    return std::nullopt;
  return QuotaFact{*scope,
                   *measure,
                   std::string{period},
                   *used,
                   *limit,
                   fits == "fits",
                   std::chrono::seconds{*room_at},
                   std::string{text}};
}

}  // namespace milterward::rules
