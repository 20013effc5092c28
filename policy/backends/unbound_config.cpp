// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

constexpr unsigned dns_port = 53;

// Measured with libunbound 1.17: its 16 outgoing ports let 200 slow questions take 27 s.
// One shared TCP connection makes truncated answers queue behind each other. Questions that
// would have to wait for one of too few connections fail at once when the server closes
// after each answer, as it may (372 of 500, with 128); each connection costs 5 KB from the
// start.
constexpr std::string_view fixed_part = R"(server:
  verbosity: 0
  use-syslog: no
  do-not-query-localhost: no
  outgoing-range: 1024
  num-queries-per-thread: 4096
  outgoing-num-tcp: 256
  max-reuse-tcp-queries: 1
  edns-buffer-size: 1232
  outbound-msg-retry: 3
)";

// Zones that libunbound answers by itself unless told otherwise. What our server says about
// private addresses and test names is what counts here; only localhost. stays built in.
constexpr std::string_view zones_not_built_in[] = {
    "test.",
    "invalid.",
    "home.arpa.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

// How long one attempt waits, and how soon a dead server is tried again. Equal least and
// greatest waits mean that no server counts as useless and that retries never lie further
// apart, so questions of an outage end soon after it; with several servers the library's
// short first wait is what makes it move on to the next one.
constexpr std::string_view patience_with_one_server = R"(  infra-host-ttl: 1
  infra-cache-min-rtt: 1500
  infra-cache-max-rtt: 1500
)";
constexpr std::string_view patience_with_several_servers = R"(  infra-host-ttl: 2
  infra-cache-max-rtt: 1500
)";

/// An address, perhaps with the zone index of a link-local one (fe80::1%eth0).
bool is_server_address(std::string_view text) {
  const auto percent = text.find('%');
  if (!IpAddress::parse(text.substr(0, percent))) return false;
  if (percent == std::string_view::npos) return true;
  const auto zone = text.substr(percent + 1);
  return !zone.empty() && std::ranges::all_of(zone, [](char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
}

std::optional<std::string_view> nameserver_of(std::string_view line) {
  constexpr std::string_view keyword = "nameserver";
  line = trim(line);
  if (!line.starts_with(keyword)) return std::nullopt;
  line.remove_prefix(keyword.size());
  if (line.empty() || !is_wsp(line.front())) return std::nullopt;
  line = trim(line);
  const auto address =
      line.substr(0, std::min({line.find(' '), line.find('\t'), line.find('#')}));
  return is_server_address(address) ? std::optional{address} : std::nullopt;
}

}  // namespace

ForwardAddresses forward_addresses(const std::vector<conf::DnsServer>& servers,
                                   std::string_view resolv_conf) {
  ForwardAddresses addresses;
  for (const auto& server : servers)
    addresses.push_back(fmt::format("{}@{}", server.address.text(), server.port));
  if (!addresses.empty()) return addresses;
  for (const auto line : split(resolv_conf, '\n'))
    if (const auto address = nameserver_of(line))
      addresses.push_back(fmt::format("{}@{}", *address, dns_port));
  if (addresses.empty()) addresses.push_back(fmt::format("127.0.0.1@{}", dns_port));
  return addresses;
}

std::string unbound_config(const ForwardAddresses& servers,
                           std::string_view trust_anchor_file) {
  std::string text{fixed_part};
  const auto add = std::back_inserter(text);
  text += servers.size() == 1 ? patience_with_one_server : patience_with_several_servers;
  text += "  unblock-lan-zones: yes\n";
  for (const auto zone : zones_not_built_in)
    // cppcheck-suppress invalidContainer; `add` holds the text, not a place in it
    fmt::format_to(add, "  local-zone: \"{}\" nodefault\n", zone);
  if (trust_anchor_file.empty())
    text += "  module-config: \"iterator\"\n";
  else
    fmt::format_to(add,
                   "  module-config: \"validator iterator\"\n"
                   "  trust-anchor-file: \"{}\"\n",
                   trust_anchor_file);
  // Its own cache would remember failures for five seconds, longer than an outage may last.
  text += "forward-zone:\n  name: \".\"\n  forward-no-cache: yes\n";
  for (const auto& server : servers)
    // cppcheck-suppress invalidContainer; as above
    fmt::format_to(add, "  forward-addr: \"{}\"\n", server);
  return text;
}

}  // namespace milterward::backends
