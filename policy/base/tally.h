// SPDX-License-Identifier: Apache-2.0
// How often did what happen? Numbers that any thread adds to without waiting for another,
// each found by a few words that say what it counts. A number is made when it is first
// added to and lives as long as the tally; there are never more than `room`, whatever
// strangers do: what comes beyond them is counted as "other". Adding costs some 50 ns.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace milterward {

class Tally {
 public:
  explicit Tally(std::size_t room);
  ~Tally();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  /// With no memory for a new number it is counted as "other".
  void add(std::initializer_list<std::string_view> words,
           std::uint64_t amount = 1) noexcept;

  struct Row {
    std::vector<std::string> words;
    std::uint64_t count = 0;
    bool operator==(const Row&) const = default;
  };
  /// All numbers, in the order of their words.
  std::vector<Row> rows() const;

 private:
  using Words = std::vector<std::string>;
  struct Slot {
    std::atomic<const Words*> words{nullptr};
    std::atomic<std::uint64_t> count{0};
  };
  Slot* slot_of(std::initializer_list<std::string_view> words) noexcept;

  std::vector<Slot> slots_;
  std::atomic<std::uint64_t> others_{0};
  std::atomic<std::size_t> words_of_others_{0};
};

}  // namespace milterward
