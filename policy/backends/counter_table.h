// SPDX-License-Identifier: Apache-2.0
// Counters in memory, for one thread at a time: what the embedded store decides by, and all
// of the store that tests use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/ports/counters.h"

namespace milterward::backends {

/// What was kept in one slice of one counter.
struct KeptSlice {
  std::string counter;
  ports::CountingWindow window;
  ports::Seconds begin{0};
  std::uint64_t amount = 0;
  bool is_mark = false;

  bool operator==(const KeptSlice&) const = default;
};

class CounterTable {
 public:
  /// Counters at once. A day of a botnet's clients fits, or a few hundred thousand
  /// accounts; more would only fill the memory.
  static constexpr std::size_t counter_limit = 2'000'000;
  /// What may be forgotten leaves a quarter of them to what must be counted.
  static constexpr std::size_t room_to_spare(std::size_t limit) { return limit / 4 * 3; }

  explicit CounterTable(std::size_t limit = counter_limit) : limit_(limit) {}

  /// `Counters::hit`; the fault is that the table is full.
  Result<ports::HitResult, ports::StoreFault> hit(std::span<const ports::Hit> hits,
                                                  ports::Grant grant, ports::Seconds now);
  void give_back(std::span<const ports::Granted> granted);
  void keep(std::span<const ports::Granted> granted);
  /// Makes what was kept a reservation again.
  void unkeep(std::span<const ports::Granted> granted);
  /// Forgets what was kept.
  void clear(const std::string& counter);

  /// Puts back what was kept in a former life: a slice's whole amount.
  void restore(const KeptSlice& slice);
  /// The slices in which more was kept since the last call; their whole amounts.
  std::vector<KeptSlice> take_changes();
  bool has_changes() const noexcept { return !changed_.empty(); }
  /// For changes that could not be written down after all.
  void put_back(const std::vector<KeptSlice>& changes);
  /// Forgets what counts no longer.
  void forget_past(ports::Seconds now);

  std::size_t size() const noexcept { return counters_.size(); }

 private:
  struct Slice {
    ports::Seconds begin{0};
    std::uint64_t kept = 0;
    std::uint64_t reserved = 0;
    bool has_changed = false;  // what is kept
  };
  struct Counter {
    ports::CountingWindow window;
    std::vector<Slice> slices;  // few, oldest first
    bool has_changed = false;
    bool is_mark = false;
  };

  static void forget_past(Counter& counter, ports::Seconds now);
  static ports::Count read(const Counter& counter, const ports::Hit& hit,
                           ports::Seconds now);
  static Slice& slice_of(Counter& counter, ports::Seconds begin);
  Slice* find(const ports::Granted& granted);
  void note_change(const std::string& name, Counter& counter, Slice& slice);
  std::size_t new_ones(std::span<const ports::Hit> hits) const;
  void make_room(ports::Seconds now);

  std::size_t limit_;
  std::unordered_map<std::string, Counter> counters_;
  std::vector<std::string> changed_;
  ports::Seconds looked_for_room_at_{0};
};

}  // namespace milterward::backends
