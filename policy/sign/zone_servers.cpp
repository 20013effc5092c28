// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/zone_servers.h"

#include <algorithm>
#include <utility>

namespace milterward::sign {
namespace {

using ports::DnsType;

constexpr std::string_view root = ".";

/// "b.c" of "a.b.c"; the root of "c". Names of ours have no escaped dots above the first
/// label, and a dot taken for another's boundary only asks for a name that nobody has.
std::string_view parent_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? root : name.substr(dot + 1);
}

/// The names of the servers of the zone that `name` lies in. A question that failed ends
/// the search: the zone above it is not the one that counts.
std::vector<std::string> server_names(ports::Resolver& dns, std::string_view name,
                                      Deadline deadline) {
  // What stands for another name is no zone of its own, and its NS records are the other's.
  const auto alias = dns.look_up({std::string{name}, DnsType::cname}, deadline);
  if (!alias) return {};
  if (!(*alias)->names.empty()) name = parent_of(name);
  for (;; name = parent_of(name)) {
    const auto answer = dns.look_up({std::string{name}, DnsType::ns}, deadline);
    if (!answer) return {};
    if (!(*answer)->names.empty()) return (*answer)->names;
    if (name == root) return {};
  }
}

}  // namespace

std::vector<ZoneServer> find_zone_servers(ports::Resolver& dns, std::string_view name,
                                          Deadline deadline) {
  auto names = server_names(dns, name, deadline);
  std::ranges::sort(names);
  if (names.size() > most_zone_servers) names.resize(most_zone_servers);

  std::vector<std::vector<ports::Pending>> asked;
  for (const auto& server : names)
    asked.push_back({dns.ask({server, DnsType::a}), dns.ask({server, DnsType::aaaa})});
  std::vector<ZoneServer> servers;
  for (std::size_t i = 0; i < names.size(); ++i) {
    ZoneServer server{names[i], {}};
    for (const auto& pending : asked[i])
      if (const auto answer = pending.wait(deadline))
        server.addresses.insert(server.addresses.end(), (*answer)->addresses.begin(),
                                (*answer)->addresses.end());
    std::ranges::sort(server.addresses);
    if (server.addresses.size() > most_server_addresses)
      server.addresses.resize(most_server_addresses);
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace milterward::sign
