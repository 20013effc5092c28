// SPDX-License-Identifier: Apache-2.0
// How far each key of ours is in its life. Keys of which nothing is said are in use: a
// postmaster put them where they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/ports/key_source.h"

namespace milterward::ports {

enum class KeyState {
  fresh,      // made; DNS does not show it yet ("new")
  published,  // DNS shows it; it does not sign yet
  active,     // signs
  retiring,   // signs no more; DNS shows it while mail it has signed is under way
  revoked,    // nothing may need its record any more
};
std::string_view to_text(KeyState state) noexcept;
std::optional<KeyState> parse_key_state(std::string_view text) noexcept;

struct KeyStanding {
  std::string selector;
  KeyState state = KeyState::fresh;
  WallTime since;  // in whole seconds

  bool operator==(const KeyStanding&) const = default;
};

class KeyStates {
 public:
  virtual ~KeyStates() = default;
  /// What is said of the keys of a domain, in the order of selectors. Reads the disk.
  virtual Result<std::vector<KeyStanding>, KeyFault> of(const Domain& domain) = 0;
  /// Says it of one key, for good. Nothing, or why it could not be written.
  virtual std::optional<KeyFault> set(const Domain& domain,
                                      const KeyStanding& standing) = 0;
  /// The domains that may have keys, in order.
  virtual Result<std::vector<Domain>, KeyFault> domains() = 0;
};

}  // namespace milterward::ports
