// SPDX-License-Identifier: Apache-2.0
#include "milter/status/http_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "policy/base/ascii.h"

namespace milterward::status {
namespace {

constexpr int bad_request = 400;
constexpr int no_such_method = 405;
constexpr int too_large = 431;

bool is_visible(char c) { return c > ' ' && c < 0x7f; }
bool may_stand_in_value(char c) { return is_visible(c) || is_wsp(c); }

/// method SP request-target SP HTTP-version (RFC 9112 section 3), target in origin form.
std::optional<int> fault_of(std::string_view request_line) {
  const auto words = split(request_line, ' ');
  if (words.size() != 3 || !words[1].starts_with('/') ||
      !std::ranges::all_of(words[1], is_visible) ||
      (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0"))
    return bad_request;
  if (words[0] != "GET" && words[0] != "HEAD") return no_such_method;
  return std::nullopt;
}

const char* text_of(int status) {
  switch (status) {
    case no_such_method:
      return "Method Not Allowed";
    case too_large:
      return "Request Header Fields Too Large";
    default:
      return "Bad Request";
  }
}

}  // namespace

Result<std::string, int> strained(std::string_view header) {
  std::string result;
  std::size_t hosts = 0;
  bool is_first = true;
  while (!header.empty()) {
    const auto end = header.find("\r\n");
    if (end == std::string_view::npos) return Unexpected{bad_request};
    const auto line = header.substr(0, end);
    header.remove_prefix(end + 2);
    if (line.empty()) break;
    if (is_first) {
      if (const auto fault = fault_of(line)) return Unexpected{*fault};
      result = fmt::format("{}\r\n", line);
      is_first = false;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 ||
        !std::ranges::all_of(line.substr(0, colon), is_visible))
      return Unexpected{bad_request};
    const auto name = line.substr(0, colon);
    const bool is_host = equal_ignoring_case(name, "Host");
    if (is_host) ++hosts;
    if (!is_host && !equal_ignoring_case(name, "Authorization")) continue;
    const auto value = trim(line.substr(colon + 1));
    if (!std::ranges::all_of(value, may_stand_in_value)) return Unexpected{bad_request};
    result += fmt::format("{}: {}\r\n", is_host ? "Host" : "Authorization", value);
  }
  if (is_first || hosts != 1) return Unexpected{bad_request};
  return result + "\r\n";
}

std::string refusal(int status) {
  const auto* text = text_of(status);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: text/plain\r\n{}"
      "Content-Length: {}\r\n\r\n{}\n",
      status, text, status == no_such_method ? "Allow: GET, HEAD\r\n" : "",
      std::string_view{text}.size() + 1, text);
}

}  // namespace milterward::status
