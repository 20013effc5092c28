// SPDX-License-Identifier: Apache-2.0
// How often may somebody guess the token? Whoever gave too many wrong ones is refused for a
// while without a look at what he gives, be it right, so that trying on tells nothing.
// Neighbours suffer with him, such as all behind one proxy; an IPv6 address counts as its
// /64, which one host has whole. So a token too long to be guessed is looked at all the
// same.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/mail/network.h"

namespace milterward::status {

/// Ten a minute are 5 million a year; a token of 24 random octets has 2^192 values.
inline constexpr std::size_t most_wrong_tokens = 10;
inline constexpr std::chrono::minutes guess_window{1};
/// From so many octets on a token is not found by trying, however often.
inline constexpr std::size_t long_token = 16;
/// Beyond so many that are remembered, newcomers count as one.
inline constexpr std::size_t most_guessers = 1000;

class Guesses {
 public:
  bool are_too_many(const IpAddress& client, SteadyTime now) const;
  /// True for the one that was one too many.
  bool note_wrong(const IpAddress& client, SteadyTime now);

 private:
  struct Tries {
    std::size_t count = 0;
    SteadyTime since;  // the first, or the one too many
  };
  using ByGuesser = std::map<std::string, Tries>;

  Guarded<ByGuesser> tries_;
};

}  // namespace milterward::status
