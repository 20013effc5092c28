// SPDX-License-Identifier: Apache-2.0
#include "milter/status/json_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "milter/status/utf8.h"

namespace milterward::status {
namespace {

constexpr std::uint32_t no_character = 0xfffd;
constexpr std::uint32_t first_of_two = 0x10000;  // from here on, two escapes (RFC 8259)

void append_escape(std::string& json, std::uint32_t code) {
  const auto add = std::back_inserter(json);
  if (code < first_of_two) {
    fmt::format_to(add, "\\u{:04x}", code);
    return;
  }
  const auto rest = code - first_of_two;
  fmt::format_to(add, "\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
}

void append_character(std::string& json, std::uint32_t code) {
  switch (code) {
    case '"':
      json += "\\\"";
      return;
    case '\\':
      json += "\\\\";
      return;
    case '\b':
      json += "\\b";
      return;
    case '\f':
      json += "\\f";
      return;
    case '\n':
      json += "\\n";
      return;
    case '\r':
      json += "\\r";
      return;
    case '\t':
      json += "\\t";
      return;
    default:
      if (code >= ' ' && code < 0x7f)
        json += static_cast<char>(code);
      else
        append_escape(json, code);
  }
}

}  // namespace

void append_json_text(std::string& json, std::string_view text) {
  json += '"';
  for (; !text.empty();) {
    const auto character = next_character(text);
    append_character(json, character.valid ? character.code : no_character);
    text.remove_prefix(character.length);
  }
  json += '"';
}

void append_json_member(std::string& json, std::string_view name, std::string_view value) {
  if (!json.ends_with('{')) json += ',';
  append_json_text(json, name);
  json += ':';
  append_json_text(json, value);
}

}  // namespace milterward::status
