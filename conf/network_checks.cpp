// SPDX-License-Identifier: Apache-2.0
#include "conf/network_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace milterward::conf {
namespace {

using Findings = std::vector<Finding>;

bool is_within(const Network& inner, const Network& outer) {
  return inner.prefix() >= outer.prefix() && outer.contains(inner.address());
}

Network network(std::string_view text) { return Network::parse(text).value(); }

struct Known {
  std::string_view network;
  std::string_view of;
};

/// Networks behind which many machines look like one: containers and virtual machines with
/// address translation, and the shared space of carriers (RFC 6598).
constexpr auto gateways = std::to_array<Known>({
    {"172.17.0.0/16", "Docker"},
    {"172.18.0.0/15", "Docker"},
    {"172.20.0.0/14", "Docker"},
    {"172.24.0.0/13", "Docker"},
    {"10.88.0.0/16", "Podman"},
    {"10.0.2.0/24", "VirtualBox and QEMU"},
    {"10.0.3.0/24", "LXC"},
    {"10.244.0.0/16", "Kubernetes"},
    {"192.168.122.0/24", "libvirt"},
    {"100.64.0.0/10", "carriers (RFC 6598)"},
});

/// Prefixes of IPv6 in which all of IPv4 has its place.
constexpr auto translated = std::to_array<Known>({
    {"64:ff9b::/96", "NAT64 (RFC 6052)"},
    {"2002::/16", "6to4 (RFC 3056)"},
    {"2001::/32", "Teredo (RFC 4380)"},
});

/// Addresses that only neighbours have.
constexpr auto private_space = std::to_array<std::string_view>(
    {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
     "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"});

/// No organisation owns more than a shorter prefix holds; few own that much.
constexpr unsigned widest_v4 = 8, wide_v4 = 12;
constexpr unsigned widest_v6 = 16, wide_v6 = 24;

std::string_view gateway_of(const Network& trusted) {
  for (const auto& known : gateways)
    if (is_within(trusted, network(known.network))) return known.of;
  return {};
}

std::string_view translation_in(const Network& trusted) {
  for (const auto& known : translated)
    if (is_within(network(known.network), trusted)) return known.of;
  return {};
}

bool is_private(const Network& trusted) {
  return std::any_of(
      private_space.begin(), private_space.end(),
      [&](std::string_view known) { return is_within(trusted, network(known)); });
}

bool is_shorter(const Network& trusted, unsigned v4, unsigned v6) {
  return trusted.prefix() < (trusted.address().is_v4() ? v4 : v6);
}

constexpr auto your_own = "name the networks of your own hosts";

Findings check_one(const Network& trusted, const std::string& place) {
  const auto refuse = [&](std::string wrong) {
    return Findings{{Severity::error, place, std::move(wrong), your_own}};
  };
  const auto text = trusted.text();
  if (trusted.prefix() == 0)
    return refuse(fmt::format("{} trusts everybody: an open relay", text));
  if (const auto of = translation_in(trusted); !of.empty())
    return refuse(
        fmt::format("{} holds all of IPv4 as {} writes it: an open relay", text, of));
  if (is_private(trusted)) {
    const auto of = gateway_of(trusted);
    if (of.empty()) return {};
    return {{Severity::warning, place,
             fmt::format("{} is where {} put gateways: strangers may come through one",
                         text, of),
             "make sure that only your own machines connect from there"}};
  }
  if (is_shorter(trusted, widest_v4, widest_v6))
    return refuse(fmt::format("{} is wider than what anybody owns: an open relay", text));
  if (is_shorter(trusted, wide_v4, wide_v6))
    return {{Severity::warning, place, fmt::format("{} is very wide", text), your_own}};
  return {};
}

/// The share of the address space that networks of one family take, in thousandths; counted
/// in blocks of /16 (v4) and /19 (v6), so that neither duplicates nor nesting count twice.
template <unsigned Bits, unsigned Skipped>
std::size_t share_of(const std::vector<Network>& networks, bool v4) {
  std::vector<bool> taken(std::size_t{1} << Bits);
  for (const auto& net : networks) {
    if (net.address().is_v4() != v4 || is_private(net)) continue;
    std::uint32_t head = 0;
    for (unsigned i = 0; i < 4; ++i) head = head << 8 | net.address().octets()[i];
    const unsigned prefix = std::min(net.prefix(), Bits + Skipped);
    if (net.prefix() > Bits + Skipped || prefix < Skipped) continue;
    const auto first = (head << Skipped) >> (32 - Bits);
    const auto many = std::size_t{1} << (Bits + Skipped - prefix);
    for (std::size_t i = 0; i < many; ++i) taken[first + i] = true;
  }
  return static_cast<std::size_t>(std::count(taken.begin(), taken.end(), true)) * 1000 /
         taken.size();
}

/// Networks that are each within bounds and are half the Internet together.
Findings check_sum(const std::vector<Network>& trusted) {
  constexpr std::size_t too_many = 60;  // thousandths: a sixteenth
  const auto v4 = share_of<16, 0>(trusted, true);
  const auto v6 = share_of<16, 3>(trusted, false);  // of 2000::/3, all there is so far
  const auto most = std::max(v4, v6);
  if (most < too_many) return {};
  return {{Severity::error, "relay.trusted_networks",
           fmt::format("they hold {} % of all {} addresses together: an open relay",
                       most / 10, v4 >= v6 ? "IPv4" : "IPv6"),
           your_own}};
}

Findings check_trusted(const RelaySettings& relay) {
  Findings found;
  for (std::size_t i = 0; i < relay.trusted_networks.size(); ++i)
    for (auto& finding :
         check_one(relay.trusted_networks[i], fmt::format("relay.trusted_networks[{}]", i)))
      found.push_back(std::move(finding));
  const bool is_clean = std::none_of(found.begin(), found.end(), [](const Finding& one) {
    return one.severity == Severity::error;
  });
  if (is_clean)
    for (auto& finding : check_sum(relay.trusted_networks))
      found.push_back(std::move(finding));
  return found;
}

Findings check_upstream(const RelaySettings& relay) {
  Findings found;
  for (std::size_t i = 0; i < relay.upstream.size(); ++i) {
    const auto& upstream = relay.upstream[i];
    for (const auto& trusted : relay.trusted_networks)
      if (is_within(trusted, upstream))
        found.push_back(
            {Severity::error, fmt::format("relay.upstream[{}]", i),
             fmt::format("{} holds {}, which relay.trusted_networks names", upstream.text(),
                         trusted.text()),
             "keep it in one of the two: upstream hosts hand us mail of strangers"});
  }
  return found;
}

Findings check_exempt(const char* key, const std::vector<Network>& exempt,
                      const char* way_out) {
  Findings found;
  for (std::size_t i = 0; i < exempt.size(); ++i)
    if (is_shorter(exempt[i], widest_v4, widest_v6))
      found.push_back({Severity::warning, fmt::format("{}[{}]", key, i),
                       fmt::format("{} exempts clients you cannot know", exempt[i].text()),
                       way_out});
  return found;
}

/// ".com" would be an open relay for everybody below it.
Findings check_domains(const RelaySettings& relay) {
  Findings found;
  for (std::size_t i = 0; i < relay.domains.size(); ++i) {
    const auto& pattern = relay.domains[i];
    if (pattern.subdomains_only && pattern.domain.label_count() == 1)
      found.push_back(
          {Severity::error, fmt::format("relay.domains[{}]", i),
           fmt::format("\".{}\" makes the mail of everybody below {} ours: an open relay",
                       pattern.domain.name(), pattern.domain.name()),
           "name your own domains"});
  }
  return found;
}

}  // namespace

std::vector<Finding> check_networks(const Config& config) {
  Findings all;
  for (auto&& found :
       {check_domains(config.relay), check_trusted(config.relay),
        check_upstream(config.relay),
        check_exempt("spf.exempt", config.inbound.spf_exempt,
                     "name single hosts, or leave the spf.on_ keys at \"accept\""),
        check_exempt("exempt.networks", config.inbound.exempt.networks,
                     "name single hosts, or leave inbound.mode at \"monitor\"")})
    all.insert(all.end(), found.begin(), found.end());
  return all;
}

std::vector<Finding> check_gateways(const RelaySettings& relay,
                                    const std::vector<IpAddress>& default_gateways) {
  Findings found;
  for (std::size_t i = 0; i < relay.trusted_networks.size(); ++i)
    for (const auto& gateway : default_gateways)
      if (relay.trusted_networks[i].contains(gateway))
        found.push_back(
            {Severity::warning, fmt::format("relay.trusted_networks[{}]", i),
             fmt::format(
                 "{} holds {}, the default gateway of this host: strangers may come "
                 "under its address",
                 relay.trusted_networks[i].text(), gateway.text()),
             "name your own hosts, or make sure that the gateway keeps the addresses of "
             "those it forwards"});
  return found;
}

}  // namespace milterward::conf
