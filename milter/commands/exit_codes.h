// SPDX-License-Identifier: Apache-2.0
// What the exit code of every command means; numbers as in sysexits.h.
#pragma once

namespace milterward::commands {

inline constexpr int ok = 0;
inline constexpr int failed = 1;        // could not do it; standard error says why
inline constexpr int wrong_usage = 64;  // EX_USAGE
inline constexpr int in_part = 69;  // EX_UNAVAILABLE: what another server has is missing
inline constexpr int wrong_config = 78;  // EX_CONFIG

inline constexpr auto exit_codes_help =
    "Exit codes: 0 done, 1 failed, 64 wrong usage, 78 the configuration cannot be used.";

}  // namespace milterward::commands
