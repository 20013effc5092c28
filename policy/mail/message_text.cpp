// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/message_text.h"

#include <algorithm>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward {
namespace {

constexpr std::string_view crlf = "\r\n";

LineEnd line_end_of(std::string_view text) {
  const auto end = text.find('\n');
  return end != std::string_view::npos && (end == 0 || text[end - 1] != '\r')
             ? LineEnd::lf
             : LineEnd::crlf;
}

std::string on_the_wire(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) out += '\r';
    out += text[at];
  }
  return out;
}

/// The octets before the colon, or nothing when the line is no header field. White space
/// before the colon is obsolete (RFC 5322 section 4.5) and no part of the name.
std::optional<std::string_view> field_name(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto name = line.substr(0, colon);
  while (!name.empty() && is_wsp(name.back())) name.remove_suffix(1);
  const auto is_name = [](char c) { return c > ' ' && c < '\x7f'; };
  if (name.empty() || !std::ranges::all_of(name, is_name)) return std::nullopt;
  return name;
}

/// Takes the next line, without its CRLF, from `rest`.
std::string_view take_crlf_line(std::string_view& rest) {
  const auto end = rest.find(crlf);
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + crlf.size());
  return line;
}

}  // namespace

MessageText parse_message(std::string_view text) {
  MessageText message;
  message.line_end = line_end_of(text);
  const auto whole =
      message.line_end == LineEnd::lf ? on_the_wire(text) : std::string{text};
  std::string_view rest = whole;
  if (rest.starts_with("From ")) take_crlf_line(rest);
  while (!rest.empty()) {
    auto behind = rest;
    const auto line = take_crlf_line(behind);
    if (!line.empty() && is_wsp(line.front()) && !message.headers.empty()) {
      ((message.headers.back().value += crlf) += line);
    } else if (const auto name = field_name(line)) {
      message.headers.push_back(
          {std::string{*name}, std::string{line.substr(line.find(':') + 1)}});
    } else {
      if (line.empty()) rest = behind;
      break;
    }
    rest = behind;
  }
  message.body = rest;
  return message;
}

}  // namespace milterward
