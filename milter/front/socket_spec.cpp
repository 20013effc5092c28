// SPDX-License-Identifier: Apache-2.0
#include "milter/front/socket_spec.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

namespace milterward::front {
namespace {

constexpr auto forms = "write unix:/path, inet:PORT@HOST, inet6:PORT@HOST or fd:N";

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) return {};
  return value;
}

Result<SocketSpec, std::string> parse_path(std::string_view path) {
  constexpr auto longest = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.starts_with('/')) {
    return Unexpected{fmt::format("the path \"{}\" is not absolute", path)};
  }
  if (path.size() > longest) {
    return Unexpected{
        fmt::format("the path of a unix socket has at most {} characters, "
                    "this one {}",
                    longest, path.size())};
  }
  SocketSpec spec;
  spec.path = path;
  return spec;
}

Result<SocketSpec, std::string> parse_port_and_host(SocketSpec::Kind kind,
                                                    std::string_view text) {
  const auto at = text.find('@');
  const auto port = number(text.substr(0, at), 1, 65535);
  if (!port) {
    return Unexpected{
        fmt::format("\"{}\" is not a port; write PORT@HOST, such as "
                    "8891@127.0.0.1",
                    text.substr(0, at))};
  }
  auto host = at == std::string_view::npos ? "" : text.substr(at + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  SocketSpec spec;
  spec.kind = kind;
  spec.port = static_cast<std::uint16_t>(*port);
  spec.host = host;
  return spec;
}

}  // namespace

Result<SocketSpec, std::string> parse_socket_spec(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "unix" || kind == "local") return parse_path(rest);
  if (kind == "inet") return parse_port_and_host(SocketSpec::Kind::inet, rest);
  if (kind == "inet6") return parse_port_and_host(SocketSpec::Kind::inet6, rest);
  if (kind == "fd") {
    const auto fd = number(rest, 0, 65535);
    if (!fd) return Unexpected{fmt::format("\"{}\" is not a descriptor number", rest)};
    SocketSpec spec;
    spec.kind = SocketSpec::Kind::inherited;
    spec.fd = *fd;
    return spec;
  }
  return Unexpected{fmt::format("\"{}\" is no socket; {}", text, forms)};
}

}  // namespace milterward::front
