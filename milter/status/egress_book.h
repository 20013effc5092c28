// SPDX-License-Identifier: Apache-2.0
// What speaks against the addresses that mail leaves from, by the events that say so: who
// looks at them tells the log (egress.known, egress.listed, egress.delisted,
// egress.name_broken, egress.name_mended), and whoever is shown it need not look again.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/guarded.h"
#include "policy/base/sink.h"

namespace milterward::status {

struct EgressStanding {
  std::set<std::string> lists;  // that speak against it
  bool name_is_broken = false;
  bool is_well() const noexcept { return lists.empty() && !name_is_broken; }
  bool operator==(const EgressStanding&) const = default;
};

class EgressBook {
 public:
  /// Takes what an event of that name says; nothing of other events.
  void note(std::string_view event, const std::vector<LogField>& fields);
  /// By address, those against which something was said ever.
  std::map<std::string, EgressStanding> standings() const;

 private:
  Guarded<std::map<std::string, EgressStanding>> book_;
};

/// "listed by zen.example, and no name leads back to it"
std::string to_text(const EgressStanding& standing);

}  // namespace milterward::status
