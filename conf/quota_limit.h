// SPDX-License-Identifier: Apache-2.0
// A limit as a postmaster writes it:
//     limit   = measure "=" amount "/" period
//     amount  = 1*DIGIT [ "k" / "M" / "G" ]        ; 1000, 1000^2, 1000^3
//     measure = "messages" / "recipients" / "first_time_recipients" / "bytes"
//     period  = "hour" / "day" / duration          ; "10m", "24h"
// The words are hours and days of the clock, a duration is any span of that length.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "conf/parse.h"
#include "conf/settings/quota.h"

namespace milterward::conf {

inline constexpr std::array quota_measures{QuotaMeasure::messages, QuotaMeasure::recipients,
                                           QuotaMeasure::first_time_recipients,
                                           QuotaMeasure::bytes};

Parsed<QuotaLimit> parse(Is<QuotaLimit>, std::string_view text);

std::string_view to_text(QuotaMeasure measure) noexcept;

/// "hour", "day", "10m", "24h", "90s": the period as it may be written. A part of `limit`.
std::string_view period_of(const QuotaLimit& limit) noexcept;

}  // namespace milterward::conf
