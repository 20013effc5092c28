// SPDX-License-Identifier: Apache-2.0
// What a journal says to those who look at it through a window: numbers for charts and
// lists, made of the newest decisions only, and the first few decisions about one message.
// No answer takes long or is large, whatever strangers have written into it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/ports/journal.h"

namespace milterward::ports {

/// Decisions at the end of messages in one stretch of time.
struct JournalSlice {
  std::size_t number = 0;  // of the stretch, from 0
  std::string verdict;
  std::uint64_t count = 0;
  bool operator==(const JournalSlice&) const = default;
};

/// What lists are made by.
enum class JournalColumn { domain, client, rule };

/// Decisions of all kinds that share a word.
struct JournalRank {
  std::string name;
  std::uint64_t all = 0;
  std::uint64_t refused = 0;  // rejected or deferred
  bool operator==(const JournalRank&) const = default;
};

enum class JournalOrder { most, most_refused };

class JournalCharts {
 public:
  /// So many decisions are looked at, the newest.
  static constexpr std::size_t reach = 200'000;

  virtual ~JournalCharts() = default;
  /// `width` is at least a second. In the order of time; stretches without mail are left
  /// out.
  virtual Result<std::vector<JournalSlice>, std::string> slices(
      WallTime since, std::chrono::seconds width) = 0;
  /// At most `most`; names that are empty are left out.
  virtual Result<std::vector<JournalRank>, std::string> ranks(JournalColumn column,
                                                              JournalOrder order,
                                                              WallTime since,
                                                              std::size_t most) = 0;
  /// As JournalReader::named, but no more than `most`.
  virtual Result<std::vector<JournalEntry>, std::string> named(std::string_view name,
                                                               std::size_t most) = 0;
};

}  // namespace milterward::ports
