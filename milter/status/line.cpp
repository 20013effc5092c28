// SPDX-License-Identifier: Apache-2.0
#include "milter/status/line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>

#include "milter/status/json_text.h"
#include "milter/status/utf8.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::status {
namespace {

/// Controls of ASCII and Latin-1, line and paragraph separators, and the marks that change
/// the direction or the visibility of what follows (Unicode TR 36 section 3.2).
constexpr bool steers_a_terminal(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

constexpr std::size_t usual_line = 512;

constexpr bool may_stand_bare(std::uint32_t code) {
  return code > ' ' && code != '"' && code != '\\' && code != '=' &&
         !steers_a_terminal(code);
}

/// Nearly every value is.
bool is_bare_ascii(std::string_view text) {
  static constexpr OctetSet bare{[](char c) {
    return static_cast<unsigned char>(c) < 0x7f &&
           may_stand_bare(static_cast<unsigned char>(c));
  }};
  return !text.empty() && is_all_of(text, bare);
}

void append_escaped(std::string& out, std::string_view octets) {
  for (const char c : octets) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
}

std::string cut(std::string_view value) {
  if (value.size() <= longest_field) return std::string{value};
  return std::string{value.substr(0, longest_field)} + "...";
}

/// As quoted_if_needed() says; most values are copied as they are.
void append_value(std::string& line, std::string_view value) {
  if (value.size() <= longest_field && is_bare_ascii(value))
    line += value;
  else
    line += quoted_if_needed(value);
}

}  // namespace

std::string quoted_if_needed(std::string_view value) {
  auto text = cut(value);
  if (is_bare_ascii(text)) return text;
  bool bare = !text.empty();
  std::string quoted = "\"";
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = next_character(rest);
    const auto octets = rest.substr(0, character.length);
    bare = bare && character.valid && may_stand_bare(character.code);
    if (!character.valid || steers_a_terminal(character.code)) {
      append_escaped(quoted, octets);
    } else {
      if (octets == "\"" || octets == "\\") quoted += '\\';
      quoted += octets;
    }
    rest.remove_prefix(character.length);
  }
  return bare ? text : quoted + '"';
}

std::string keyvalue_line(Event event, const std::vector<LogField>& fields,
                          LogFields stamp) {
  std::string line;
  line.reserve(usual_line);
  line.append("event=").append(row_of(event).name);
  for (const auto part : {stamp, LogFields{fields}})
    for (const auto& field : part) {
      line.append(" ").append(field.name).append("=");
      append_value(line, field.value);
    }
  return line;
}

std::string for_json(std::string_view value) {
  std::string clean;
  const auto text = cut(value);
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = next_character(rest);
    if (character.valid) {
      clean += rest.substr(0, character.length);
    } else {
      clean += "\xef\xbf\xbd";
    }
    rest.remove_prefix(character.length);
  }
  return clean;
}

std::string json_line(Event event, const std::vector<LogField>& fields, LogFields stamp) {
  std::string line = "{";
  line.reserve(usual_line);
  append_json_member(line, "event", row_of(event).name);
  for (const auto part : {stamp, LogFields{fields}})
    for (const auto& field : part) append_json_member(line, field.name, cut(field.value));
  return line + '}';
}

std::string line_of(conf::LogFormat format, Event event,
                    const std::vector<LogField>& fields, LogFields stamp) {
  switch (format) {
    case conf::LogFormat::keyvalue:
      return keyvalue_line(event, fields, stamp);
    case conf::LogFormat::json:
      return json_line(event, fields, stamp);
  }
  unreachable();
}

std::string timestamp(WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds),
                     milliseconds % 1000);
}

}  // namespace milterward::status
