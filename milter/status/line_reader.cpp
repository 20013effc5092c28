// SPDX-License-Identifier: Apache-2.0
#include "milter/status/line_reader.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace milterward::status {
namespace {

constexpr std::string_view keyvalue_start = "event=";
constexpr std::string_view json_start = "{\"event\":";

/// The character behind a backslash, or the octet of `\xHH`; nothing when it is neither.
std::optional<char> take_escaped(std::string_view& rest) {
  if (rest.empty()) return {};
  const char kind = rest[0];
  rest.remove_prefix(1);
  switch (kind) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
      return kind;
    case 'x': {
      unsigned octet = 0;
      if (rest.size() < 2) return {};
      const auto [stop, error] = std::from_chars(rest.data(), rest.data() + 2, octet, 16);
      if (error != std::errc{} || stop != rest.data() + 2) return {};
      rest.remove_prefix(2);
      return static_cast<char>(octet);
    }
    default:
      return {};
  }
}

/// What stands in quotes, behind the first one.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
      continue;
    }
    const auto escaped = take_escaped(rest);
    if (!escaped) return {};
    value += *escaped;
  }
  return {};  // no end
}

std::optional<std::string> take_value(std::string_view& rest) {
  if (rest.starts_with('"')) {
    rest.remove_prefix(1);
    return take_quoted(rest);
  }
  std::string value{rest.substr(0, rest.find(' '))};
  rest.remove_prefix(value.size());
  return value;
}

std::optional<LoggedEvent> parse_keyvalue(std::string_view rest) {
  LoggedEvent event;
  while (!rest.empty()) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return {};
    std::string name{rest.substr(0, equals)};
    rest.remove_prefix(equals + 1);
    auto value = take_value(rest);
    if (!value) return {};
    if (name == "event")
      event.name = std::move(*value);
    else
      event.fields[std::move(name)] = std::move(*value);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  return event;
}

std::optional<LoggedEvent> parse_json(std::string_view text) {
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return {};
  LoggedEvent event;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return {};
    if (name == "event")
      event.name = value;
    else
      event.fields[name] = value;
  }
  return event;
}

std::optional<LoggedEvent> parse_either(std::string_view line) {
  // Whichever comes first: the other may stand in a value.
  const auto json = line.find(json_start);
  const auto keyvalue = line.find(keyvalue_start);
  if (json < keyvalue) return parse_json(line.substr(json));
  if (keyvalue == std::string_view::npos) return {};
  if (keyvalue > 0 && line[keyvalue - 1] != ' ') return {};
  return parse_keyvalue(line.substr(keyvalue));
}

}  // namespace

std::string_view LoggedEvent::operator[](std::string_view field) const {
  const auto at = fields.find(field);
  return at == fields.end() ? std::string_view{} : at->second;
}

std::optional<LoggedEvent> parse_line(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  auto event = parse_either(line);
  if (event && event->name.empty()) event.reset();
  return event;
}

}  // namespace milterward::status
