// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/lookup_table.h"

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

/// Where the key at the beginning of `line` ends; npos when a quoted string stays open.
std::size_t end_of_key(std::string_view line) {
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && quoted)
      ++at;
    else if (line[at] == '"')
      quoted = !quoted;
    else if (!quoted && is_wsp(line[at]))
      return at;
  }
  return quoted ? std::string_view::npos : line.size();
}

}  // namespace

Result<std::vector<TableEntry>, TableFault> parse_table(std::string_view text) {
  if (text.size() > table_limit)
    return Unexpected{TableFault{0, "is too long for a table"}};
  std::vector<TableEntry> entries;
  std::size_t number = 0;
  const auto fault = [&](const char* reason) {
    return Unexpected{TableFault{number, reason}};
  };
  while (!text.empty()) {
    ++number;
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (content.find('\0') != std::string_view::npos) return fault("holds a NUL");
    if (is_wsp(line.front())) {
      if (entries.empty()) return fault("continues nothing");
      auto& value = entries.back().value;
      if (value.size() + content.size() > table_value_limit) return fault("value too long");
      if (!value.empty()) value += ' ';
      value += content;
      continue;
    }
    const auto end = end_of_key(content);
    if (end == std::string_view::npos) return fault("quoted key without end");
    if (end > table_key_limit) return fault("key too long");
    const auto value = trim(content.substr(end));
    if (value.size() > table_value_limit) return fault("value too long");
    entries.push_back({number, std::string{content.substr(0, end)}, std::string{value}});
  }
  return entries;
}

}  // namespace milterward::backends
