// SPDX-License-Identifier: Apache-2.0
#include "conf/roff.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward::conf::roff {
namespace {

constexpr std::size_t source_width = 80;

std::string upper(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

/// Escaped text on lines of readable length; roff fills them again.
std::string lines(std::string_view text) {
  std::string out;
  std::string line;
  for (const auto word : split(text, ' ')) {
    if (!line.empty() && line.size() + 1 + word.size() > source_width) {
      out += escaped(line) + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return out + escaped(line) + "\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '"')
      out += "\\(dq";
    else
      out += c;
  }
  return out;
}

std::string head(std::string_view title, int section, std::string_view command) {
  return fmt::format(
      "'\\\" t\n"
      ".\\\" SPDX-License-Identifier: Apache-2.0\n"
      ".\\\" Printed by \"milterward {}\"; change the tables it is printed from.\n"
      ".TH {} {} \"\" Milterward\n"
      ".ad l\n"
      ".nh\n",
      command, title, section);
}

std::string section(std::string_view title) {
  return fmt::format(".SH {}\n", escaped(upper(title)));
}

std::string subsection(std::string_view title) {
  return fmt::format(".SS {}\n", escaped(title));
}

std::string paragraph(std::string_view text) { return ".PP\n" + lines(text); }

std::string item(std::string_view term, std::string_view text) {
  return fmt::format(".TP\n\\fB{}\\fR\n", escaped(term)) + lines(text);
}

Table::Table(std::string_view first, std::string_view second, std::string_view third)
    : rows_(fmt::format("{}\t{}\t{}\n_\n", escaped(first), escaped(second),
                        escaped(third))) {}

void Table::row(std::string_view first, std::string_view second, std::string_view third) {
  rows_ +=
      fmt::format("{}\t{}\tT{{\n{}T}}\n", escaped(first), escaped(second), lines(third));
}

std::string Table::text() const {
  return ".PP\n.TS\nlB lB lB\nl l lx.\n" + rows_ + ".TE\n";
}

}  // namespace milterward::conf::roff
