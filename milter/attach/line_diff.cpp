// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/line_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

constexpr std::size_t lines_around = 3;
/// Of what differs at all; the table of longer ones would be too large, and they are shown
/// as taken away and written anew.
constexpr std::size_t most_cells = std::size_t{1} << 24;

using Lines = std::vector<std::string_view>;

struct Edit {
  char sign;  // ' ', '-', '+'
  std::string_view line;
};

Lines lines_of(std::string_view text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// The longest common subsequence, by the table of its lengths from the end.
std::vector<Edit> edits_between(const Lines& before, const Lines& after) {
  std::vector<Edit> edits;
  const auto width = after.size() + 1;
  if ((before.size() + 1) * width > most_cells) {
    for (const auto line : before) edits.push_back({'-', line});
    for (const auto line : after) edits.push_back({'+', line});
    return edits;
  }
  std::vector<unsigned> common((before.size() + 1) * width, 0);
  for (std::size_t i = before.size(); i-- > 0;)
    for (std::size_t j = after.size(); j-- > 0;)
      common[i * width + j] = before[i] == after[j] ? common[(i + 1) * width + j + 1] + 1
                                                    : std::max(common[(i + 1) * width + j],
                                                               common[i * width + j + 1]);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    if (i < before.size() && j < after.size() && before[i] == after[j]) {
      edits.push_back({' ', before[i]});
      ++i, ++j;
    } else if (j == after.size() || (i < before.size() && common[(i + 1) * width + j] >=
                                                              common[i * width + j + 1])) {
      edits.push_back({'-', before[i++]});
    } else {
      edits.push_back({'+', after[j++]});
    }
  }
  return edits;
}

/// Which lines are shown: those that change, and some around them.
std::vector<bool> shown_of(const std::vector<Edit>& edits) {
  std::vector<bool> shown(edits.size(), false);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].sign == ' ') continue;
    const auto first = i < lines_around ? 0 : i - lines_around;
    for (auto k = first; k < std::min(edits.size(), i + lines_around + 1); ++k)
      shown[k] = true;
  }
  return shown;
}

}  // namespace

std::string line_diff(std::string_view name, std::string_view before,
                      std::string_view after) {
  if (before == after) return {};
  const auto edits = edits_between(lines_of(before), lines_of(after));
  const auto shown = shown_of(edits);
  auto text = fmt::format("--- {0}\n+++ {0}, as it would be\n", name);
  std::size_t line_before = 1;
  std::size_t line_after = 1;
  for (std::size_t i = 0; i < edits.size();) {
    std::size_t end = i;
    std::size_t count_before = 0;
    std::size_t count_after = 0;
    while (end < edits.size() && shown[end] == shown[i]) {
      count_before += edits[end].sign != '+' ? 1 : 0;
      count_after += edits[end].sign != '-' ? 1 : 0;
      ++end;
    }
    if (shown[i]) {
      text += fmt::format("@@ -{},{} +{},{} @@\n", line_before, count_before, line_after,
                          count_after);
      for (auto k = i; k < end; ++k)
        text += fmt::format("{}{}\n", edits[k].sign, edits[k].line);
    }
    line_before += count_before;
    line_after += count_after;
    i = end;
  }
  return text;
}

}  // namespace milterward::attach
