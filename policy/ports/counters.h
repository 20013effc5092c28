// SPDX-License-Identifier: Apache-2.0
// How much was sent? Counters are counted and read in one step, so that two threads, or two
// daemons, can never both see the last free place. What is counted is only reserved until
// it is kept: a message that is refused or given up gives its places back.
//
// Time is cut into slices. A counter of an hour or a day of the clock has one slice at a
// time; one of "any 24 hours" has 24 and the one that is beginning, all of which count, so
// that in no span of that length more gets through than the limit; the price is up to one
// slice of waiting too long. Counting every message on its own would be exact and would
// cost memory for each.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/base/result.h"

namespace milterward::ports {

using Seconds = std::chrono::seconds;

inline Seconds since_1970(const Clock& clock) {
  return std::chrono::duration_cast<Seconds>(clock.today().time_since_epoch());
}

/// Times of slices are seconds since 1970: other daemons read them.
struct CountingWindow {
  Seconds slice{1};     // length of one
  unsigned slices = 1;  // that count together, the current one included
  Seconds offset{0};    // after midnight UTC when the first slice of a day begins

  /// An hour or a day of the clock.
  static CountingWindow calendar(Seconds period, Seconds offset);
  /// Any span of that length, which is at least a second.
  static CountingWindow rolling(Seconds period);

  Seconds slice_at(Seconds now) const noexcept;  // its beginning
  /// When what was counted in that slice counts no longer.
  Seconds end_of(Seconds slice_begin) const noexcept {
    return slice_begin + slice * slices;
  }
  /// When it may be forgotten: one window later, for the sake of a daemon whose clock is
  /// behind, or is put back.
  Seconds forgotten_at(Seconds slice_begin) const noexcept {
    return end_of(slice_begin) + slice * slices;
  }
  /// Does that slice count now? After a clock was put back, slices of the near future do,
  /// since too much is better than too little; those of another age do not.
  bool counts(Seconds slice_begin, Seconds now) const noexcept {
    return end_of(slice_begin) > now && slice_begin <= now + slice * slices;
  }

  bool operator==(const CountingWindow&) const = default;
};

/// What is no count of a time but a fact, until it is cleared: a century of one slice.
inline constexpr CountingWindow lasting{Seconds{3'155'760'000}, 1, Seconds{0}};

/// Octets of a counter's name; whoever makes names keeps to it.
inline constexpr std::size_t counter_name_limit = 400;

/// The limit of what is only counted.
inline constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

struct Hit {
  std::string counter;  // printable ASCII without blanks
  CountingWindow window;
  std::uint64_t amount = 1;
  std::uint64_t limit = no_limit;
};

enum class Grant {
  within_limits,  // all hits, or, if one would pass its limit, none
  always,
  with_room_to_spare,  // always, while memory is plenty: marks, which may be forgotten
};

/// What one counter says.
struct Count {
  std::uint64_t used = 0;  // what was just granted included
  bool fits = true;        // the hit keeps to its limit
  Seconds room_at{0};      // when the same hit may fit again; only where it does not

  bool operator==(const Count&) const = default;
};

struct HitResult {
  std::vector<Count> counts;  // one for each hit
  bool granted = false;
  bool in_share = false;
};

/// A hit that was granted: enough to give it back or to keep it.
struct Granted {
  std::string counter;
  CountingWindow window;
  Seconds slice{0};
  std::uint64_t amount = 0;
  std::uint64_t limit = no_limit;
  bool in_share = false;  // counted by this daemon alone, a shared store being away
  bool is_mark = false;   // granted with room to spare
};

struct StoreFault {
  std::string reason;
};

class Counters {
 public:
  virtual ~Counters() = default;

  /// Counts and reads in one step. Blocks at most until the deadline.
  virtual Result<HitResult, StoreFault> hit(std::span<const Hit> hits, Grant grant,
                                            Seconds now, Deadline deadline) = 0;
  /// Makes what was granted outlive a crash, marks excepted: one made shortly before may
  /// be forgotten. Blocks at most until the deadline; after a fault the grants are still
  /// reserved.
  virtual Result<std::monostate, StoreFault> keep(std::span<const Granted> granted,
                                                  Deadline deadline) = 0;
  /// Frees what was granted and not kept. What cannot be given back for a fault stays
  /// counted until its window passes: never too little is counted.
  virtual void give_back(std::span<const Granted> granted) noexcept = 0;
  /// Forgets what these counters kept, for good; what is reserved stays.
  virtual Result<std::monostate, StoreFault> clear(std::span<const std::string> counters,
                                                   Deadline deadline) = 0;
};

/// What one message has reserved; gives it back unless it was kept.
class Reservation {
 public:
  explicit Reservation(Counters& counters) : counters_(counters) {}
  ~Reservation() { release(); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Takes the hits' names where they are granted.
  Result<HitResult, StoreFault> add(std::vector<Hit> hits, Grant grant, Seconds now,
                                    Deadline deadline);
  /// Of an accepted message. After a fault everything is still reserved.
  Result<std::monostate, StoreFault> commit(Deadline deadline);
  void release() noexcept;

 private:
  void note(Granted granted, std::size_t former);

  Counters& counters_;
  std::vector<Granted> granted_;
};

}  // namespace milterward::ports
