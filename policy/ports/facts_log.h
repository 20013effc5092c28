// SPDX-License-Identifier: Apache-2.0
// Where the facts of each message go when log.facts is set; one stanza a message, which
// `milterward explain` decides again.
#pragma once

#include <string_view>

namespace milterward::ports {

class FactsLog {
 public:
  virtual ~FactsLog() = default;
  /// Appends one stanza. Never throws; what cannot be written is logged and dropped.
  virtual void append(std::string_view stanza) noexcept = 0;
};

}  // namespace milterward::ports
