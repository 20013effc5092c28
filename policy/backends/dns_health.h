// SPDX-License-Identifier: Apache-2.0
// Is DNS as a whole failing, or only somebody's domain? One broken domain makes several
// questions of one message fail; that is no outage. Faults of two domains in a row, or very
// many of one, with no answer between them, are. Speaks up when the state changes, and then
// only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "policy/base/clock.h"
#include "policy/ports/resolver.h"

namespace milterward::backends {

class DnsHealth {
 public:
  /// `servers` is what the events name.
  explicit DnsHealth(std::string servers) : servers_(std::move(servers)) {}

  /// A server answered, whatever it said.
  void note_answer(SteadyTime now);
  /// The question for `name` (canonical), asked at `asked`, found no answer. If another one
  /// found an answer since then, it says nothing about the present.
  void note_fault(std::string_view name, ports::DnsFault fault, SteadyTime asked);
  /// Other servers are asked from now on.
  void name_servers(std::string servers) { servers_ = std::move(servers); }
  bool failing() const noexcept { return failing_; }

 private:
  std::string servers_;
  bool failing_ = false;
  std::size_t faults_in_a_row_ = 0;
  std::string first_domain_;  // of the faults in a row
  bool several_domains_ = false;
  SteadyTime last_answer_{};
};

}  // namespace milterward::backends
