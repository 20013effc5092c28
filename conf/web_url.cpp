// SPDX-License-Identifier: Apache-2.0
#include "conf/web_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

constexpr std::size_t longest_host = 253;  // RFC 1035 section 2.3.4

/// RFC 3986 section 2: what may stand in a path and a query.
bool is_of_target(char c) {
  return is_alnum(c) ||
         std::string_view{"-._~:/?[]@!$&'()*+,;=%"}.find(c) != std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

/// host [ ":" port ]
bool set_authority(WebUrl& url, std::string_view text) {
  const bool in_brackets = text.starts_with('[');
  const auto bracket = in_brackets ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  if (const auto colon = text.find(':', bracket); colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return false;
    url.port = *port;
    text = text.substr(0, colon);
  }
  if (in_brackets) {
    if (!text.ends_with(']')) return false;
    text = text.substr(1, text.size() - 2);
  }
  url.host = text;
  return !text.empty() && text.size() <= longest_host &&
         std::ranges::all_of(text, [&](char c) {
           return is_alnum(c) || c == '.' || c == (in_brackets ? ':' : '-');
         });
}

std::optional<WebUrl> parse(std::string_view text) {
  WebUrl url;
  if (text.starts_with("https://")) {
    url.scheme = WebUrl::Scheme::https;
    url.port = 443;
  } else if (!text.starts_with("http://")) {
    return std::nullopt;
  }
  text.remove_prefix(text.find("//") + 2);
  const auto end = std::min(text.find_first_of("/?"), text.size());
  if (const auto target = text.substr(end); !target.empty()) {
    if (!std::ranges::all_of(target, is_of_target)) return std::nullopt;
    url.target = target.front() == '/' ? target : "/" + std::string{target};
  }
  return set_authority(url, text.substr(0, end)) ? std::optional{url} : std::nullopt;
}

}  // namespace

Result<WebUrl, Complaint> parse_web_url(std::string_view text) {
  if (auto url = parse(text)) return std::move(*url);
  return Unexpected{
      Complaint{fmt::format("\"{}\" is not the URL of a web service", printable(text, 80)),
                "write for example \"https://chat.example.org/hooks/mail\""}};
}

}  // namespace milterward::conf
