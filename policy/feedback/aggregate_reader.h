// SPDX-License-Identifier: Apache-2.0
// A DMARC aggregate report, as RFC 9990 and RFC 7489 (appendix C) have it and as it is
// sent: with any namespace or prefix or none, in any order, with names and values in any
// case, without what the schemas ask for. What is left out is filled in where there is one
// reading (and noted); a row that cannot be counted is left out and noted; a report that
// does not say who reports, when, or about which domain is none. A document type
// declaration is refused: no report has one, and entities are declared there.
#pragma once

#include <cstddef>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/feedback_report.h"

namespace milterward::feedback {

/// Elements in elements; a report has 7, extensions some more.
inline constexpr std::size_t xml_depth_limit = 32;
/// Octets a node of a tree takes at least in a report; what is denser is none. A parser
/// needs some 60 octets for a node.
inline constexpr std::size_t octets_of_a_node = 12;
inline constexpr std::size_t row_limit = 200'000;
/// Signatures of one row, reasons, notes of a report: what is more is left out.
inline constexpr std::size_t list_limit = 10;
/// What a report may be about; most are about a day.
inline constexpr std::chrono::days period_limit{100};

/// Of a text in UTF-8 (plain_text.h) of at most `most_octets`; `text` is used up. The fault
/// is a sentence.
Result<ports::AggregateReport, std::string> read_aggregate(std::string text,
                                                           std::size_t most_octets);

}  // namespace milterward::feedback
