// SPDX-License-Identifier: Apache-2.0
#include "milter/status/chart.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "milter/status/html.h"

namespace milterward::status {
namespace {

/// Of the drawing, in its own units; the page stretches it.
constexpr double chart_width = 720;
constexpr double chart_height = 180;
constexpr double chart_left = 48;    // for numbers
constexpr double chart_bottom = 24;  // for times
constexpr double chart_top = 8;

using Bar = std::map<std::string, std::uint64_t>;

std::vector<Bar> bars_of(const Chart& chart) {
  std::vector<Bar> bars(chart.bars);
  for (const auto& slice : chart.slices)
    if (slice.number < bars.size()) bars[slice.number][slice.verdict] += slice.count;
  return bars;
}

std::uint64_t height_of(const Bar& bar) {
  std::uint64_t sum = 0;
  for (const auto& [verdict, count] : bar) sum += count;
  return sum;
}

/// 1, 2 or 5 times a power of ten, not below `number`.
std::uint64_t round_up(std::uint64_t number) {
  for (std::uint64_t power = 1;; power *= 10)
    for (const std::uint64_t step : {1U, 2U, 5U})
      if (power * step >= number) return power * step;
}

std::string time_label(const Chart& chart, std::size_t bar) {
  const auto time = chart.begin + chart.width * bar;
  const bool is_within_a_day = chart.width * chart.bars <= std::chrono::hours{30};
  const auto parts = fmt::gmtime(std::chrono::system_clock::to_time_t(time));
  return is_within_a_day ? fmt::format("{:%H:%M}", parts) : fmt::format("{:%m-%d}", parts);
}

std::vector<std::string> verdicts_in(const std::vector<Bar>& bars) {
  std::vector<std::string> found;
  for (const auto& verdict : verdicts())
    if (std::ranges::any_of(bars, [&](const Bar& bar) { return bar.contains(verdict); }))
      found.push_back(verdict);
  return found;
}

std::string drawing_of(const Chart& chart, const std::vector<Bar>& bars,
                       std::uint64_t most) {
  const double room = chart_height - chart_bottom - chart_top;
  const double each = (chart_width - chart_left) / static_cast<double>(chart.bars);
  const auto scale = room / static_cast<double>(most);
  std::string svg;
  for (const auto share : {0.0, 0.5, 1.0}) {
    const double y = chart_top + room * (1 - share);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"axis\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>",
        chart_left, chart_width, y, y, chart_left - 6, y + 4,
        static_cast<double>(most) * share);
  }
  const auto between_labels = std::max<std::size_t>(chart.bars / 6, 1);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = chart_left + each * static_cast<double>(i);
    double y = chart_top + room;
    for (const auto& verdict : verdicts()) {
      const auto found = bars[i].find(verdict);
      if (found == bars[i].end()) continue;
      const double height = static_cast<double>(found->second) * scale;
      y -= height;
      svg += fmt::format(
          "<rect class=\"v-{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
          "height=\"{:.1f}\"/>",
          verdict, x + 1, y, each - 2, height);
    }
    if (i % between_labels == 0)
      svg += fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{}\">{}</text>", x,
                         chart_height - 6, time_label(chart, i));
  }
  return svg;
}

std::string table_of(const Chart& chart, const std::vector<Bar>& bars,
                     const std::vector<std::string>& columns) {
  std::string rows;
  for (std::size_t i = bars.size(); i-- > 0;) {
    if (bars[i].empty()) continue;
    rows += fmt::format("<tr><th scope=\"row\">{}</th>",
                        minute_of(chart.begin + chart.width * i));
    for (const auto& verdict : columns) {
      const auto found = bars[i].find(verdict);
      rows += fmt::format("<td>{}</td>", found == bars[i].end() ? 0 : found->second);
    }
    rows += "</tr>\n";
  }
  std::string head;
  for (const auto& verdict : columns)
    head += fmt::format("<th scope=\"col\">{}</th>", verdict);
  return fmt::format(
      "<details><summary>{0} as a table</summary><div class=\"wide\"><table>"
      "<caption><span>{0}: messages by verdict, from each time on (UTC)</span></caption>"
      "<thead><tr><th scope=\"col\">From</th>{1}</tr></thead><tbody>{2}</tbody></table>"
      "</div></details>",
      html(chart.title), head, rows);
}

}  // namespace

const std::vector<std::string>& verdicts() {
  static const std::vector<std::string> all{"accept",   "tag",   "subject", "quarantine",
                                            "redirect", "defer", "reject"};
  return all;
}

std::string minute_of(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string figure_of(const Chart& chart) {
  const auto bars = bars_of(chart);
  std::uint64_t all = 0;
  std::uint64_t highest = 0;
  std::map<std::string, std::uint64_t> sums;
  for (const auto& bar : bars) {
    all += height_of(bar);
    highest = std::max(highest, height_of(bar));
    for (const auto& [verdict, count] : bar) sums[verdict] += count;
  }
  if (all == 0) return fmt::format("<p>{}: no message was decided.</p>", html(chart.title));
  const auto columns = verdicts_in(bars);
  std::string legend;
  std::string told;
  for (const auto& verdict : columns) {
    legend += fmt::format(
        "<li><svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect "
        "class=\"v-{0}\" width=\"10\" height=\"10\"/></svg> {0}: {1}</li>",
        verdict, sums[verdict]);
    told += fmt::format("{}{} {}", told.empty() ? "" : ", ", sums[verdict], verdict);
  }
  return fmt::format(
      "<figure><figcaption>{1}: {2} messages</figcaption>"
      "<svg class=\"chart\" viewBox=\"0 0 {3} {4}\" role=\"img\" "
      "aria-labelledby=\"{0}-title {0}-told\"><title id=\"{0}-title\">{1}</title>"
      "<desc id=\"{0}-told\">Bars by verdict: {5}.</desc>{6}</svg>"
      "<ul class=\"legend\">{7}</ul>{8}</figure>\n",
      chart.id, html(chart.title), all, chart_width, chart_height, told,
      drawing_of(chart, bars, round_up(highest)), legend, table_of(chart, bars, columns));
}

}  // namespace milterward::status
