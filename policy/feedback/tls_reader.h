// SPDX-License-Identifier: Apache-2.0
// A report of TLS (RFC 8460 section 4.4), as it is sent: with names in any case, "_" for
// "-", a single object where a list is asked for, numbers in quotes, and the summary beside
// or within the policy, as the RFC's own text and example have it.
#pragma once

#include <cstddef>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/feedback_report.h"

namespace milterward::feedback {

inline constexpr std::size_t json_depth_limit = 16;
/// A value takes some 100 octets in a tree; reports take 30 to write one.
inline constexpr std::size_t octets_of_a_value = 24;
inline constexpr std::size_t tls_policy_limit = 1000;
inline constexpr std::size_t tls_failure_limit = 20'000;  // of a report

/// Of a text in UTF-8 of at most `most_octets`. The fault is a sentence.
Result<ports::TlsReport, std::string> read_tls_report(const std::string& text,
                                                      std::size_t most_octets);

}  // namespace milterward::feedback
