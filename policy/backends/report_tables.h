// SPDX-License-Identifier: Apache-2.0
// The tables of the file of reports (report_file.h), made and brought up to date. A new
// file goes the way of an old one, from version 1 on: so what an old one becomes is what
// every test sees.
#pragma once

#include <cstdint>
#include <string>

#include "policy/backends/sqlite.h"
#include "policy/ports/report_kind.h"

namespace milterward::backends {

inline constexpr std::int64_t report_version = 4;

/// 16 of 0-9 and a-f that nobody can guess.
std::string new_report_name();

/// As it stands in the tables.
ports::ReportKind report_kind_of(const std::string& text);

/// "", or why not. A file of a later version is left alone.
std::string make_report_tables(SqliteDatabase& database);

}  // namespace milterward::backends
