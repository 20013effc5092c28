// SPDX-License-Identifier: Apache-2.0
// From what was collected to reports that are written down: periods that are over are
// closed, whatever is in them. Of failure reports no more are made than the limits allow
// (RFC 9991 section 2 wants limits); what is beyond them is thrown away, since it is not to
// come late either. Daemons that share a file look before they write, so each may pass a
// limit by one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/chores/report_keeper.h"
#include "policy/ports/report_store.h"

namespace milterward::chores {

/// How many reports were made. The fault is a sentence about the store.
ports::Stored<std::size_t> close_ended_reports(const ReportKeeper::World& world);
/// A report of each.
ports::Stored<std::size_t> close_reports(const ReportKeeper::World& world,
                                         std::vector<ports::OpenReport> ended);

/// The XML of an aggregate report, or the parts of a failure report, that would be made of
/// these rows, under that id; "" where they cannot be read.
std::string report_document(const conf::ReportSettings& settings,
                            const ports::OpenReport& open,
                            const std::vector<ports::CountedText>& rows,
                            const std::string& id);

/// The domain that reports.
std::string receiver_of(const conf::ReportSettings& settings);

std::chrono::seconds now_of(const ReportKeeper::World& world);
/// Tells a test where the round is.
void pass(const ReportKeeper::World& world, ports::ReportPoint point);

}  // namespace milterward::chores
