// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/milter_list.h"

#include <fmt/format.h>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

/// CHARS_COMMA_SP of Postfix.
bool separates(char c) { return c == ',' || is_fws(c); }

/// The words between separators; braces within a word hold them together.
std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  for (const char c : value) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    if (depth == 0 && separates(c)) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

/// The brace that ends it closes the one it begins with; an entry whose braces do not fit
/// together is left as it is.
bool is_in_braces(std::string_view entry) {
  if (!entry.starts_with('{')) return false;
  int depth = 0;
  for (std::size_t at = 0; at < entry.size(); ++at) {
    if (entry[at] == '{') ++depth;
    if (entry[at] == '}') --depth;
    if (depth == 0) return at + 1 == entry.size();
  }
  return false;
}

/// What is within the braces, or the entry itself.
std::string_view inside_of(std::string_view entry) {
  return is_in_braces(entry) ? trim(entry.substr(1, entry.size() - 2)) : entry;
}

/// One blank inside each brace, and one behind each comma.
std::string tidy(std::string_view entry) {
  if (!is_in_braces(entry)) return std::string{entry};
  return fmt::format("{{ {} }}", fmt::join(words_of(inside_of(entry)), ", "));
}

struct Place {
  bool is_path = false;
  std::string text;
};

/// A path below the queue directory, or a network address in one spelling.
Place place_of(std::string_view address, std::string_view queue_directory) {
  for (const std::string_view kind : {"unix:", "local:"}) {
    if (!address.starts_with(kind)) continue;
    auto path = address.substr(kind.size());
    if (path.starts_with(queue_directory)) path.remove_prefix(queue_directory.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    return {true, std::string{path}};
  }
  auto text = to_lower(address);
  if (text.starts_with("inet:localhost:")) text.replace(5, 9, "127.0.0.1");
  return {false, text};
}

}  // namespace

std::vector<std::string> parse_milters(std::string_view value) { return words_of(value); }

std::string join_milters(const std::vector<std::string>& entries) {
  std::string text;
  for (const auto& entry : entries) text += (text.empty() ? "" : ", ") + tidy(entry);
  return text;
}

std::string join_without_blanks(const std::vector<std::string>& entries) {
  std::string text;
  for (const auto& entry : entries) {
    text += text.empty() ? "" : ",";
    text += is_in_braces(entry)
                ? fmt::format("{{{}}}", fmt::join(words_of(inside_of(entry)), ","))
                : entry;
  }
  return text;
}

std::string_view address_of(std::string_view entry) {
  const auto inside = inside_of(entry);
  std::size_t end = 0;
  while (end < inside.size() && !separates(inside[end])) ++end;
  return inside.substr(0, end);
}

std::string_view setting_of(std::string_view entry, std::string_view name) {
  if (!is_in_braces(entry)) return {};
  const auto inside = inside_of(entry);
  for (std::size_t at = 0; at < inside.size();) {
    std::size_t end = at;
    while (end < inside.size() && !separates(inside[end])) ++end;
    const auto word = inside.substr(at, end - at);
    if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
      return word.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

bool lead_to_the_same(std::string_view one, std::string_view other,
                      std::string_view queue_directory) {
  const auto first = place_of(one, queue_directory);
  const auto second = place_of(other, queue_directory);
  return first.is_path == second.is_path && first.text == second.text;
}

}  // namespace milterward::attach
