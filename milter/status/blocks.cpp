// SPDX-License-Identifier: Apache-2.0
#include "milter/status/blocks.h"

#include <fmt/format.h>

#include "milter/status/html.h"

namespace milterward::status {

std::string section(const char* id, const char* heading, const std::string& content) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-heading\"><h2 "
      "id=\"{0}-heading\">{1}</h2>\n"
      "{2}</section>\n",
      id, heading, content);
}

std::string table(const std::string& caption, const Cells& heads,
                  const std::vector<Cells>& rows) {
  std::string text = fmt::format(
      "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">"
      "<table><caption><span>{0}</span></caption><thead><tr>",
      html(caption));
  for (const auto& head : heads)
    text += fmt::format("<th scope=\"col\">{}</th>", html(head));
  text += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    text += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      text += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", row[i])
                     : fmt::format("<td>{}</td>", row[i]);
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string term(const char* name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
}

}  // namespace milterward::status
