// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/sql_query.h"

#include <array>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

/// The value of "query = ...", with lines that begin with white space joined to it.
std::string query_in(std::string_view settings) {
  std::string query;
  bool is_in_it = false;
  for (const auto line : split(settings, '\n')) {
    if (trim(line).empty() || trim(line)[0] == '#') continue;
    if (!is_wsp(line[0])) {
      const auto equals = line.find('=');
      is_in_it =
          equals != std::string_view::npos && trim(line.substr(0, equals)) == "query";
      if (is_in_it) query = trim(line.substr(equals + 1));
    } else if (is_in_it) {
      query += ' ';
      query += trim(line);
    }
  }
  return query;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::optional<std::string> query_for_us(std::string_view settings, std::string_view whole) {
  auto query = query_in(settings);
  const std::array<std::pair<char, std::string_view>, 3> places{
      {{'s', whole}, {'u', "local"}, {'d', "domain"}}};
  for (const auto& [letter, place] : places) {
    const auto ours = ":" + std::string{place};
    const std::string theirs{'%', letter};
    replace_all(query, "'" + theirs + "'", ours);
    // Within a longer text, '%u@x', there is no place for one of ours.
    if (query.find(theirs) != std::string::npos) return {};
  }
  if (query.empty() || query.find('%') != std::string::npos) return {};
  return query;
}

}  // namespace milterward::attach
