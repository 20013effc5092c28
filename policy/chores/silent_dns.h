// SPDX-License-Identifier: Apache-2.0
// Whose DNS gave no answer in this round. Anybody can publish records below a thousand
// names of his, be silent afterwards, and have each of them waited for: so no organization
// is waited for twice in a round, and no round waits for more than some. By the public
// suffix list, since it is DNS that does not say what belongs together.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "policy/mail/domain.h"

namespace milterward::chores {

/// Each of them costs dns.message_deadline. The round after it begins with others.
inline constexpr std::size_t most_silent_of_a_round = 10;

class SilentDns {
 public:
  void note(const Domain& domain);
  bool has(const Domain& domain) const;
  bool is_enough() const noexcept { return silent_.size() >= most_silent_of_a_round; }

 private:
  std::set<std::string> silent_;
};

}  // namespace milterward::chores
