// SPDX-License-Identifier: Apache-2.0
// What owners of domains are told of mail in their name, and by whom. [report]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace milterward::conf {

/// Of which messages failure reports are sent, among those whose domain asks for them.
enum class FailureReports {
  off,
  failed,  // those that failed DMARC
  asked,  // all that fo= asks for: those that pass by one method and fail by the other, too
};

/// What takes the place of a local part in a failure report. RFC 6590.
enum class RedactAs { hashed, removed };

struct FailureReportSettings {
  FailureReports of;
  RedactAs local_parts;
  std::vector<std::string> fields;  // of the header, that may be shown
  std::chrono::milliseconds every;  // equal incidents within it make one report
  std::size_t per_destination;      // an hour, to one address
  std::size_t per_domain;           // a day, about one domain

  bool operator==(const FailureReportSettings&) const = default;
};

struct ReportSettings {
  bool sends;                // aggregate reports
  std::string from;          // an address; "" only where nothing is sent
  std::string organization;  // "" for the domain of `from`
  std::string contact;       // "" for none
  std::string smtp;          // conf/listen_address.h
  std::chrono::milliseconds every;
  std::string file;
  std::size_t max_size;         // of the file, in MB
  std::size_t max_rows;         // of one report
  std::size_t per_destination;  // reports a day to one address
  std::chrono::milliseconds keep;
  std::chrono::milliseconds suppress;
  FailureReportSettings failure;

  bool sends_failures() const noexcept { return failure.of != FailureReports::off; }
  bool sends_anything() const noexcept { return sends || sends_failures(); }
  bool operator==(const ReportSettings&) const = default;
};

}  // namespace milterward::conf
