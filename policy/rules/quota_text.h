// SPDX-License-Identifier: Apache-2.0
// What a counter says, as text and back:
//     SCOPE:MEASURE:PERIOD:USED:LIMIT:fits|over:ROOM_AT:SUBJECT
// The subject stands last, since an IPv6 network has colons.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "policy/rules/facts.h"

namespace milterward::rules {

inline constexpr std::array quota_scopes{QuotaScope::account, QuotaScope::domain,
                                         QuotaScope::client, QuotaScope::egress};

std::string_view to_text(QuotaScope scope) noexcept;
std::string to_text(const QuotaFact& fact);
std::optional<QuotaFact> parse_quota_fact(std::string_view text);

}  // namespace milterward::rules
