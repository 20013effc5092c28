// SPDX-License-Identifier: Apache-2.0
// What has changed for the addresses that mail leaves from since they were last looked at?
// Pure: answers in, changes out. Each pair of an address and who was asked about it (a list
// in DNS, or DNS itself for the address's name) is a point with a standing of its own. Told
// is a change alone, and what was not well at the first look. A point that is silent keeps
// its standing, and is asked again soon: who says nothing twice is told of, once, until it
// has answered. What is known is taken out and put back (egress_state.h), so that a restart
// tells nothing twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/chores/egress_state.h"
#include "policy/mail/network.h"

namespace milterward::chores {

enum class EgressSays { well, ill, nothing };

/// What one look found at one point.
struct EgressAnswer {
  IpAddress address;
  std::string list;  // as the configuration shows it; "" for the address's name
  EgressSays says = EgressSays::nothing;
  /// The list's codes, the name that leads back, or why it does not; why nothing was said.
  std::string detail;
};

struct EgressChange {
  enum class Kind { listed, delisted, name_broken, name_mended, unanswered };
  Kind kind = Kind::listed;
  IpAddress address;
  std::string list;  // "" for the address's name
  std::string detail;
  bool operator==(const EgressChange&) const = default;
};
std::string_view to_text(EgressChange::Kind kind) noexcept;

class EgressWatch {
 public:
  /// Who said nothing for the first time is asked again after so long.
  static constexpr std::chrono::minutes second_try{5};

  /// One look, whole: points that are missing in it are forgotten without a word, since
  /// nobody asks about them any more.
  std::vector<EgressChange> note(const std::vector<EgressAnswer>& answers);

  /// Listings and their ends that a hook has not heard of, or could not take.
  std::vector<EgressChange> to_hand_over() const;
  /// The hook has taken it, or there is none.
  void handed_over(const EgressChange& change);

  /// What was said, for the next life of the daemon.
  std::vector<EgressPoint> points() const;
  /// Before the first look: what a former life has known, and told.
  void restore(const std::vector<EgressPoint>& points);
  /// After a look: of what was restored, what is not well and still asked about. Once.
  std::vector<EgressChange> take_restored();

  /// From the last look to the next: `every`, a tenth more or less by `chance` (0 to 1), so
  /// that the hosts of a site do not ask all at once; less when somebody is to be asked
  /// again.
  std::chrono::milliseconds pause(std::chrono::milliseconds every, double chance) const;

 private:
  struct Standing {
    EgressSays known = EgressSays::nothing;  // the last that was said
    std::string detail;                      // of that
    int silent_looks = 0;                    // in a row, three at most
    bool is_to_hand_over = false;
    bool is_restored = false;
  };
  using Point = std::pair<std::string, std::string>;  // address, list

  static void note_answer(Standing& standing, const EgressAnswer& answer,
                          std::vector<EgressChange>& changes);

  std::map<Point, std::pair<IpAddress, Standing>> points_;
};

}  // namespace milterward::chores
