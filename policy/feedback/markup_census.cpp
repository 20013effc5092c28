// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/markup_census.h"

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward::feedback {
namespace {

/// Behind the first `end` at or behind `place`; the end of the text where there is none.
std::size_t behind(std::string_view text, std::size_t place, std::string_view end) {
  const auto found = text.find(end, place);
  return found == std::string_view::npos ? text.size() : found + end.size();
}

/// Counts a tag that begins at `place`, and returns where it ends: a ">" within quotes is
/// none.
std::size_t pass_tag(std::string_view text, std::size_t place, MarkupCensus& census,
                     std::size_t& depth) {
  const bool closes = text.substr(place).starts_with("</");
  char quote = '\0';
  std::size_t i = place + 1;
  for (; i < text.size() && (quote != '\0' || text[i] != '>'); ++i) {
    if (quote != '\0') {
      if (text[i] == quote) quote = '\0';
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
      ++census.nodes;  // the attribute whose value begins
    }
  }
  if (closes) {
    depth -= depth > 0 ? 1 : 0;
  } else {
    ++census.nodes;
    census.depth = std::max(census.depth, depth + 1);
    depth += text[i - 1] == '/' ? 0 : 1;
  }
  return std::min(i + 1, text.size());
}

}  // namespace

/// A text is a node unless it is all white space, which parsers leave out.
MarkupCensus census_of_xml(std::string_view text) {
  MarkupCensus census;
  std::size_t depth = 0;
  std::size_t place = 0;
  for (;;) {
    const auto next = text.find('<', place);
    const auto between = text.substr(place, next - place);
    census.nodes += trim(between).empty() ? 0 : 1;
    if (next == std::string_view::npos) return census;
    place = next;
    const auto rest = text.substr(place);
    if (rest.starts_with("<!--")) {
      place = behind(text, place + 4, "-->");
    } else if (rest.starts_with("<![CDATA[")) {
      ++census.nodes;
      place = behind(text, place + 9, "]]>");
    } else if (rest.starts_with("<?")) {
      place = behind(text, place + 2, "?>");
    } else if (rest.starts_with("<!")) {
      census.has_doctype = true;
      place += 2;
    } else {
      place = pass_tag(text, place, census, depth);
    }
  }
}

MarkupCensus census_of_json(std::string_view text) {
  MarkupCensus census;
  std::size_t depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted) {
      if (c == '\\') ++i;
      is_quoted = c != '"';
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == '{' || c == '[') {
      ++census.nodes;
      census.depth = std::max(census.depth, ++depth);
    } else if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
    } else if (c == ',' || c == ':') {
      ++census.nodes;
    }
  }
  return census;
}

}  // namespace milterward::feedback
