// SPDX-License-Identifier: Apache-2.0
// The members of a zip archive (APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16),
// as far as mail uses them: stored or deflated, neither encrypted nor split, no ZIP64.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::feedback {

struct ArchiveMember {
  std::string name;
  bool is_deflated = false;
  std::string_view packed;  // where its size is not known, all up to the directory

  bool operator==(const ArchiveMember&) const = default;
};

/// The first `most` members that can be unpacked. By the directory at the end where there
/// is one, else by the local headers in front of them: archives that were cut off behind
/// the first member can be read all the same. The fault is a sentence.
Result<std::vector<ArchiveMember>, std::string> members_of(std::string_view archive,
                                                           std::size_t most);

}  // namespace milterward::feedback
