// SPDX-License-Identifier: Apache-2.0
#include "conf/listen_address.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

bool is_in_brackets(std::string_view text) {
  return text.starts_with('[') && text.ends_with(']');
}

}  // namespace

Result<ListenAddress, Complaint> parse_listen_address(std::string_view text) {
  const Complaint complaint{
      fmt::format("\"{}\" is not an address and a port", printable(text, 80)),
      "write for example \"127.0.0.1:9117\" or \"[::1]:9117\""};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return Unexpected{complaint};
  const auto host = text.substr(0, colon);
  const auto number = text.substr(colon + 1);
  const auto address = IpAddress::parse(host);
  if (!address || address->is_v6() != is_in_brackets(host)) return Unexpected{complaint};
  ListenAddress place{*address};
  const auto* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, place.port);
  if (error != std::errc{} || stop != end || place.port == 0) return Unexpected{complaint};
  return place;
}

}  // namespace milterward::conf
