// SPDX-License-Identifier: Apache-2.0
// Seals mail of strangers that may leave us again: one ARC Set over what we found when it
// came (RFC 8617 section 5.1). A filter sees a message when it enters and, if a mailing
// list manager, a redirect or a content filter of ours hands it in anew, when it leaves;
// what the MTA forwards on its own (aliases, .forward files) it sees only when it enters.
// So mail can be sealed at either time; the seal of the second takes the place of the
// first, since both would speak of one stay with us.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/mail/header.h"
#include "policy/rules/verdict.h"
#include "policy/sign/arc_seal.h"
#include "policy/sign/departure.h"
#include "policy/sign/key_ring.h"

namespace milterward {

/// The key of the domain of the first recipient that has one, else the first key there is;
/// null when none could be loaded.
const sign::RingKey* sealing_key_for(const sign::KeyRing& ring,
                                     const std::vector<std::string>& recipients);

/// Where the newest ARC Set stands, if we made it by one of those keys.
std::vector<std::size_t> own_newest_set(const RawHeaders& headers,
                                        const sign::KeyRing& ring, WallTime now);

/// The Authentication-Results field whose digest our trace names.
std::optional<RawHeader> results_vouched_for(const RawHeaders& headers,
                                             const std::vector<std::string>& digests);

class Sealing {
 public:
  /// `headers` are those of the message as it came, and outlive this; `former` is the set,
  /// by the places of its fields, that we put there when the message came before.
  Sealing(const sign::RingKey& key, const RawHeaders& headers,
          std::vector<std::size_t> former, const sign::Departure& departure, WallTime now);

  void body(std::string_view chunk);

  struct Seal {
    std::vector<rules::HeaderEdit> removals;    // of the former set
    std::vector<rules::HeaderEdit> insertions;  // none: the chain gets no further set
    std::string name;                           // "lists.example:s1"
  };
  /// `results` is our Authentication-Results field; the chain is what it says. `id` is for
  /// the log.
  Seal finish(const RawHeader& results, const std::string& id);

 private:
  const RawHeaders& headers_;
  std::vector<std::size_t> former_;
  std::string name_;
  sign::LeavingHeader leaving_;
  sign::LineBreaker breaker_;
  sign::ArcSealing sealing_;
};

}  // namespace milterward
