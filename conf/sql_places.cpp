// SPDX-License-Identifier: Apache-2.0
#include "conf/sql_places.h"

#include <fmt/format.h>

#include "policy/base/ascii.h"

namespace milterward::conf {

bool has_place(std::string_view query, std::string_view name) {
  const auto place = fmt::format(":{}", name);
  for (auto at = query.find(place); at != std::string_view::npos;
       at = query.find(place, at + place.size())) {
    const auto rest = query.substr(at + place.size());
    const bool ends = rest.empty() || !(is_alnum(rest.front()) || rest.front() == '_');
    if (ends && (at == 0 || query[at - 1] != ':')) return true;
  }
  return false;
}

}  // namespace milterward::conf
