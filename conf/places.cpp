// SPDX-License-Identifier: Apache-2.0
#include "conf/places.h"

#include <algorithm>

namespace milterward::conf {
namespace {

/// "sign.key[2].selector" -> "sign.key.selector"
std::string without_indexes(std::string_view path) {
  std::string name;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) name += c;
    if (c == ']') inside = false;
  }
  return name;
}

}  // namespace

ConfigProblem Places::problem(const std::string& path, Complaint complaint) const {
  Place at;
  for (std::string around = path; !around.empty();
       around.resize(std::min(around.find_last_of(".["), around.size()))) {
    const auto found = places_.find(around);
    if (found != places_.end()) {
      at = found->second;
      break;
    }
    if (around.find_last_of(".[") == std::string::npos) break;
  }
  return {file_,
          at.line,
          at.column,
          without_indexes(path),
          std::move(complaint.wrong),
          std::move(complaint.way_out)};
}

ConfigProblem Places::problem(std::string_view sentence) const {
  const auto colon = sentence.find(": ");
  if (colon == std::string_view::npos) return problem("", {std::string{sentence}, ""});
  return problem(std::string{sentence.substr(0, colon)},
                 {std::string{sentence.substr(colon + 2)}, ""});
}

}  // namespace milterward::conf
