// SPDX-License-Identifier: Apache-2.0
#include "conf/store_url.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr std::size_t most_sentinels = 16;  // they are asked one after the other
constexpr unsigned last_database = 1'000'000;
/// sun_path of Linux holds 108 octets, the final NUL included (unix(7)).
constexpr std::size_t longest_store_socket = 107;

std::optional<unsigned> number(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most)
    return std::nullopt;
  return value;
}

/// host [ ":" port ]
std::optional<StorePeer> parse_peer(std::string_view text, std::uint16_t port) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const auto colon = text.find(':', bracket); colon != std::string_view::npos) {
    const auto given = number(text.substr(colon + 1), 1, 65535);
    if (!given) return std::nullopt;
    port = static_cast<std::uint16_t>(*given);
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  for (const char c : text)
    if (!is_alnum(c) && c != '.' && c != '-' && c != ':') return std::nullopt;
  if (text.empty()) return std::nullopt;
  return StorePeer{std::string{text}, port};
}

/// What stands behind the first slash, which it takes away.
std::optional<std::string_view> take_path(std::string_view& text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto path = text.substr(slash + 1);
  text = text.substr(0, slash);
  return path;
}

std::optional<StoreUrl> parse_redis(std::string_view rest) {
  StoreUrl url{StoreUrl::Kind::redis, "", {}, "", 0};
  if (const auto path = take_path(rest)) {
    const auto database = number(*path, 0, last_database);
    if (!database) return std::nullopt;
    url.database = *database;
  }
  const auto peer = parse_peer(rest, redis_port);
  if (!peer) return std::nullopt;
  url.peers.push_back(*peer);
  return url;
}

std::optional<StoreUrl> parse_sentinels(std::string_view rest) {
  StoreUrl url{StoreUrl::Kind::redis, "", {}, "", 0};
  auto master = take_path(rest);
  if (!master) return std::nullopt;
  if (const auto path = take_path(*master)) {
    const auto database = number(*path, 0, last_database);
    if (!database) return std::nullopt;
    url.database = *database;
  }
  url.master = *master;
  for (const char c : url.master)
    if (!is_alnum(c) && c != '.' && c != '-' && c != '_') return std::nullopt;
  for (const auto text : split(rest, ',')) {
    const auto peer = parse_peer(text, sentinel_port);
    if (!peer) return std::nullopt;
    url.peers.push_back(*peer);
  }
  if (url.master.empty() || url.peers.empty() || url.peers.size() > most_sentinels)
    return std::nullopt;
  return url;
}

std::optional<StoreUrl> parse_socket(std::string_view rest) {
  constexpr std::string_view query = "?db=";
  StoreUrl url{StoreUrl::Kind::redis, "", {}, "", 0};
  if (const auto at = rest.find(query); at != std::string_view::npos) {
    const auto database = number(rest.substr(at + query.size()), 0, last_database);
    if (!database) return std::nullopt;
    url.database = *database;
    rest = rest.substr(0, at);
  }
  if (!rest.starts_with('/') || rest.size() > longest_store_socket) return std::nullopt;
  url.path = rest;
  return url;
}

/// What stands behind `scheme`, or none.
std::optional<std::string_view> behind(std::string_view text, std::string_view scheme) {
  if (!text.starts_with(scheme)) return std::nullopt;
  return text.substr(scheme.size());
}

}  // namespace

Result<StoreUrl, Complaint> parse_store_url(std::string_view text) {
  if (text.starts_with("rediss:"))
    return Unexpected{
        Complaint{"Redis is spoken to without TLS",
                  "let stunnel or another tunnel encrypt it, and name the tunnel's end: "
                  "\"redis://127.0.0.1:6379/0\", or a unix socket: "
                  "\"redis+unix:/run/redis/redis.sock\""}};
  std::optional<StoreUrl> url;
  if (const auto path = behind(text, "sqlite:"); path && path->starts_with('/'))
    url = StoreUrl{StoreUrl::Kind::sqlite, std::string{*path}, {}, "", 0};
  else if (const auto rest = behind(text, "redis://"))
    url = parse_redis(*rest);
  else if (const auto sentinels = behind(text, "redis+sentinel://"))
    url = parse_sentinels(*sentinels);
  else if (const auto socket = behind(text, "redis+unix:"))
    url = parse_socket(*socket);
  if (url) return *url;
  return Unexpected{
      Complaint{fmt::format("\"{}\" is not a store", printable(text, 80)),
                "write \"sqlite:/var/lib/milterward/state.db\", \"redis://HOST:PORT/0\", "
                "\"redis+sentinel://HOST:PORT,HOST:PORT/MASTER/0\" or "
                "\"redis+unix:/path\""}};
}

bool is_shared_store(std::string_view url) {
  const auto parsed = parse_store_url(url);
  return parsed && parsed->kind == StoreUrl::Kind::redis;
}

}  // namespace milterward::conf
