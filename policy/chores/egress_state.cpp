// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/egress_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward::chores {
namespace {

constexpr std::string_view first_line = "milterward egress 1";
constexpr std::string_view name_point = "ptr";

bool is_one_field(std::string_view text) {
  return text.find_first_of("\t\r\n") == std::string_view::npos;
}

std::optional<EgressPoint> point_of(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 5 || fields[1].empty()) return std::nullopt;
  const auto address = IpAddress::parse(fields[0]);
  const bool is_well = fields[2] == "well";
  const bool is_told = fields[3] == "told";
  if (!address || (!is_well && fields[2] != "ill") || (!is_told && fields[3] != "untold"))
    return std::nullopt;
  return EgressPoint{*address, fields[1] == name_point ? "" : std::string{fields[1]},
                     is_well, !is_told, std::string{fields[4]}};
}

}  // namespace

std::string egress_state(const std::vector<EgressPoint>& points) {
  auto text = fmt::format("{}\n", first_line);
  for (const auto& point : points)
    if (is_one_field(point.list) && is_one_field(point.detail))
      text += fmt::format("{}\t{}\t{}\t{}\t{}\n", point.address.text(),
                          point.list.empty() ? name_point : point.list,
                          point.is_well ? "well" : "ill",
                          point.is_to_hand_over ? "untold" : "told", point.detail);
  return text;
}

std::optional<std::vector<EgressPoint>> parse_egress_state(std::string_view text) {
  if (text.size() > longest_egress_state || !text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const auto lines = split(text, '\n');
  if (lines.front() != first_line) return std::nullopt;
  std::vector<EgressPoint> points;
  for (auto line = lines.begin() + 1; line != lines.end(); ++line) {
    auto point = point_of(*line);
    if (!point) return std::nullopt;
    points.push_back(std::move(*point));
  }
  return points;
}

}  // namespace milterward::chores
