// SPDX-License-Identifier: Apache-2.0
// Texts that end with NUL, one after the other.
#pragma once

#include <optional>
#include <string_view>

namespace milterward::front {

/// The first text of `data`, which loses it and its NUL; the last may lack the NUL. Nothing
/// when there is no more.
inline std::optional<std::string_view> take_text(std::string_view& data) {
  if (data.empty()) return {};
  const auto end = data.find('\0');
  const auto text = data.substr(0, end);
  data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
  return text;
}

}  // namespace milterward::front
