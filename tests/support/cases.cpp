// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cases.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>

#include "policy/base/ascii.h"

namespace milterward::tests {
namespace {

Case broken(std::string_view file, int line, std::string_view why) {
  Case c;
  c.file = file;
  c.line = line;
  c.fields.emplace_back("broken", why);
  return c;
}

}  // namespace

const std::string& Case::operator[](std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key) return value;
  throw std::runtime_error(file + ":" + std::to_string(line) + ": no key '" +
                           std::string{key} + "'" +
                           (has("broken") ? " (" + get("broken") + ")" : ""));
}

std::string Case::get(std::string_view key, std::string_view fallback) const {
  for (const auto& [name, value] : fields)
    if (name == key) return value;
  return std::string{fallback};
}

std::vector<std::string> Case::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : fields)
    if (name == key) values.push_back(value);
  return values;
}

bool Case::has(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key) return true;
  return false;
}

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.file << ":" << c.line << " " << c.get("name");
}

std::vector<Case> parse_cases(std::string_view text, std::string_view file) {
  std::vector<Case> cases;
  Case current;
  int number = 0;
  const auto finish = [&] {
    if (!current.fields.empty()) cases.push_back(std::move(current));
    current = {};
  };
  for (const auto line : split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) continue;
    if (trim(line).empty()) {
      finish();
    } else if (is_wsp(line.front())) {
      if (current.fields.empty()) return {broken(file, number, "continuation of nothing")};
      auto& value = current.fields.back().second;
      value += (value.empty() ? "" : "\n") + std::string{trim(line)};
    } else {
      const auto colon = line.find(':');
      if (colon == std::string_view::npos)
        return {broken(file, number, "line without colon")};
      if (current.fields.empty()) {
        current.file = file;
        current.line = number;
      }
      current.fields.emplace_back(trim(line.substr(0, colon)),
                                  trim(line.substr(colon + 1)));
    }
  }
  finish();
  if (cases.empty()) return {broken(file, 0, "file missing or without cases")};
  return cases;
}

std::vector<Case> read_cases(std::string_view path) {
  const std::string full = std::string{MILTERWARD_TEST_CASES} + "/" + std::string{path};
  std::ifstream in{full, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  return parse_cases(text, path);
}

/// "*N{text}" at `at`, which is then at its last octet.
static std::string repeated(std::string_view text, std::size_t& at) {
  std::size_t times = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at + 1, end, times);
  const auto open = static_cast<std::size_t>(stop - text.data());
  const auto close = text.find('}', open);
  if (error != std::errc{} || stop == end || *stop != '{' ||
      close == std::string_view::npos)
    throw std::runtime_error("not \\*N{TEXT}: " + std::string{text});
  const auto once = unescaped(text.substr(open + 1, close - open - 1));
  std::string out;
  out.reserve(once.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += once;
  at = close;
  return out;
}

std::vector<Case> after_the_first(std::vector<Case> cases) {
  if (cases.size() < 2) return cases;  // broken: let it fail
  const auto first = cases.front().fields;
  cases.erase(cases.begin());
  for (auto& c : cases) c.fields.insert(c.fields.begin() + 1, first.begin(), first.end());
  return cases;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case 'x': {
        unsigned octet = 0;
        if (i + 2 >= text.size() ||
            std::from_chars(text.data() + i + 1, text.data() + i + 3, octet, 16).ptr !=
                text.data() + i + 3)
          throw std::runtime_error("bad \\x in: " + std::string{text});
        out += static_cast<char>(octet);
        i += 2;
        break;
      }
      case '*':
        out += repeated(text, i);
        break;
      default:
        out += text[i];
    }
  }
  return out;
}

}  // namespace milterward::tests
