// SPDX-License-Identifier: Apache-2.0
#include "policy/edits.h"

#include <fmt/format.h>

#include <algorithm>

namespace milterward {

std::vector<rules::HeaderEdit> removals(
    const RawHeaders& headers, std::string_view name,
    const std::function<bool(const RawHeader&)>& is_unwanted) {
  std::vector<rules::HeaderEdit> edits;
  unsigned occurrence = 0;
  for (const auto* field : fields_named(headers, name)) {
    ++occurrence;
    if (is_unwanted(*field))
      edits.push_back({rules::HeaderEdit::Kind::remove, std::string{name}, "", occurrence});
  }
  std::ranges::reverse(edits);
  return edits;
}

rules::HeaderEdit insertion(RawHeader field) {
  return {rules::HeaderEdit::Kind::insert_on_top, std::move(field.name),
          std::move(field.value), 0};
}

RawHeader verdict_field(Action action, std::string_view rule) {
  return {std::string{verdict_header_name},
          fmt::format(" {}; rule={}", to_text(action), rule)};
}

}  // namespace milterward
