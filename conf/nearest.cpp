// SPDX-License-Identifier: Apache-2.0
#include "conf/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

constexpr std::size_t most_suggestions = 3;
/// Longer names are nobody's slip; bounds the work for absurd files.
constexpr std::size_t longest_name = 64;

/// Letters to insert, remove or replace to make one text of the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (to_lower(a[i]) == to_lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

std::vector<std::string> nearest(std::string_view name,
                                 const std::vector<std::string>& known) {
  if (name.size() > longest_name) return {};
  const std::size_t limit = std::max<std::size_t>(2, name.size() / 4);
  std::vector<std::pair<std::size_t, std::string>> close;
  for (const auto& candidate : known)
    if (const auto far = distance(name, candidate); far <= limit)
      close.emplace_back(far, candidate);
  std::sort(close.begin(), close.end());

  std::vector<std::string> found;
  if (!close.empty()) {
    for (const auto& [far, candidate] : close)
      if (far == close.front().first) found.push_back(candidate);
  } else {
    for (const auto& candidate : known)
      if (last_part(candidate) == last_part(name)) found.push_back(candidate);
  }
  if (found.size() > most_suggestions) found.resize(most_suggestions);
  return found;
}

}  // namespace milterward::conf
