// SPDX-License-Identifier: Apache-2.0
#include "policy/line_meter.h"

namespace milterward {

void LineMeter::feed(std::string_view chunk) noexcept {
  while (!chunk.empty() && !overlong_) {
    const auto end = chunk.find('\n');
    const auto part = chunk.substr(0, end);
    length_ += part.size();
    if (!part.empty()) ends_with_cr_ = part.back() == '\r';
    if (end == std::string_view::npos) return;
    overlong_ = is_overlong(length_);
    length_ = 0;
    ends_with_cr_ = false;
    chunk.remove_prefix(end + 1);
  }
}

bool has_overlong_line(const RawHeader& field) noexcept {
  if (field.name.size() + 1 + field.value.size() <= longest_line) return false;
  LineMeter lines;
  lines.feed(field.name);
  lines.feed(":");
  lines.feed(field.value);
  return lines.has_overlong_line();
}

}  // namespace milterward
