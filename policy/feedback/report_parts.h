// SPDX-License-Identifier: Apache-2.0
// Where in a mail are its reports? MIME (RFC 2045, 2046) as far as mail with reports uses
// it: they are the whole body, or parts of a multipart, named in any of a dozen types. So
// what a part is called rules out only what is written for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/header.h"

namespace milterward::feedback {

/// Multiparts in multiparts; a report lies in the first or second.
inline constexpr std::size_t part_depth_limit = 4;
/// Parts of a mail that are looked at, and of those, reports that are read.
inline constexpr std::size_t part_limit = 100;
inline constexpr std::size_t report_limit = 10;

struct ReportPart {
  std::string name;  // of its file, else its type; printable
  std::string octets;

  bool operator==(const ReportPart&) const = default;
};

/// The parts that may be reports, without their transfer encoding, in order. Together they
/// are no larger than `body`.
std::vector<ReportPart> report_parts(const RawHeaders& headers, std::string_view body);

}  // namespace milterward::feedback
