// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/header.h"

#include "policy/base/ascii.h"

namespace milterward {

std::string_view RawHeader::bare_name() const noexcept {
  std::string_view bare = name;
  while (!bare.empty() && is_wsp(bare.back())) bare.remove_suffix(1);
  return bare;
}

bool RawHeader::is(std::string_view other) const noexcept {
  return equal_ignoring_case(bare_name(), other);
}

std::vector<const RawHeader*> fields_named(const RawHeaders& headers,
                                           std::string_view name) {
  std::vector<const RawHeader*> found;
  for (const auto& header : headers)
    if (header.is(name)) found.push_back(&header);
  return found;
}

std::string unfolded(std::string_view value) {
  std::string line;
  for (const char c : trim(value))
    if (c != '\r' && c != '\n') line += c;
  return line;
}

}  // namespace milterward
