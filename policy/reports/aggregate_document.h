// SPDX-License-Identifier: Apache-2.0
// One aggregate report as XML, in the order and by the schema of RFC 9990 (version 0.2 of
// it, namespace urn:ietf:params:xml:ns:dmarc-2.0). The same arguments make the same octets.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "policy/reports/aggregate_rows.h"

namespace milterward::reports {

using Seconds = std::chrono::seconds;

struct ReportHead {
  std::string organization;
  std::string email;
  std::string contact;  // "" for none
  std::string report_id;
  Seconds begin{0};  // since 1970
  Seconds end{0};    // the first second that is not in it
};

struct CountedRow {
  AggregateRow row;
  std::uint64_t count = 0;
};

/// At least one row.
std::string aggregate_document(const ReportHead& head, const PublishedPolicy& policy,
                               std::span<const CountedRow> rows);

}  // namespace milterward::reports
