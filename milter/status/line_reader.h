// SPDX-License-Identifier: Apache-2.0
// Reads back what line.h wrote, `name=value` or JSON, behind whatever syslog or journalctl
// put in front of it. For programs that read logs; the daemon itself never does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace milterward::status {

struct LoggedEvent {
  std::string name;
  std::map<std::string, std::string, std::less<>> fields;

  /// "" for a field that is not there.
  std::string_view operator[](std::string_view field) const;
};

/// Nothing for lines that are none of ours, or were cut.
std::optional<LoggedEvent> parse_line(std::string_view line);

}  // namespace milterward::status
