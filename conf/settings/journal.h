// SPDX-License-Identifier: Apache-2.0
// What is kept of decisions, and for how long. [journal]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace milterward::conf {

/// What stands before the "@" of an address in the journal.
enum class LocalParts { kept, hashed };

struct JournalSettings {
  std::string file;  // "" for none
  std::chrono::milliseconds keep;
  std::size_t max_size;  // in MB
  LocalParts local_parts;

  bool is_kept() const noexcept { return !file.empty(); }
  bool operator==(const JournalSettings&) const = default;
};

}  // namespace milterward::conf
