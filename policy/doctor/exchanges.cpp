// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/exchanges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace milterward::doctor {
namespace {

using ports::DnsOutcome;
using ports::DnsType;

constexpr Kind mx_unanswered{"mx.unanswered", Severity::unknown,
                             "Whether mail to the domain finds its way is not known."};
constexpr Kind no_domain{
    "mx.no_domain", Severity::fault,
    "Mail from a domain that does not exist is refused, and none can be sent to it."};
constexpr Kind none{
    "mx.none", Severity::fault,
    "Replies and bounces cannot be delivered; many receivers refuse senders "
    "who cannot be answered."};
constexpr Kind implicit{"mx.implicit", Severity::advice,
                        "Mail goes to the address of the domain itself (RFC 5321 section "
                        "5.1), which some receivers take for a mistake."};
constexpr Kind null_but_sends{"mx.null_but_sends", Severity::fault,
                              "A null MX says that nobody answers mail; receivers may "
                              "refuse all that the domain sends "
                              "(RFC 7505 section 4.2)."};
constexpr Kind null_among_others{
    "mx.null_among_others", Severity::fault,
    "A null MX must stand alone (RFC 7505 section 3); senders differ in what they make of "
    "this."};
constexpr Kind alias{
    "mx.alias", Severity::fault,
    "An exchanger must not be an alias (RFC 2181 section 10.3); some senders "
    "do not deliver to it, others see a loop."};
constexpr Kind no_address{"mx.no_address", Severity::fault,
                          "Senders cannot connect to an exchanger without an address."};
constexpr Kind address_as_host{
    "mx.address_as_host", Severity::fault,
    "An MX record names a host; an address there is read as a name that does not exist."};
constexpr Kind unreachable_address{"mx.unreachable", Severity::fault,
                                   "Nobody outside can connect to this address."};

/// Nobody needs more; the rest of a hostile list is not followed.
constexpr std::size_t host_limit = 20;

std::string host_to_propose(const Examination& examination) {
  return "mail." + examination.domain();
}

Record exchange_record(const Examination& examination, std::string_view host,
                       unsigned preference = 10) {
  return {examination.domain(), DnsType::mx, fmt::format("{} {}", preference, host)};
}

/// The addresses of a host; nothing is found when DNS did not tell.
std::vector<IpAddress> addresses_of(Examination& examination, const std::string& host,
                                    bool& known) {
  std::vector<IpAddress> addresses;
  known = true;
  for (const auto type : {DnsType::a, DnsType::aaaa}) {
    const auto answer = examination.look_up(host, type);
    if (!answer) {
      known = false;
      examination.find_unanswered(mx_unanswered, host, type, answer.fault());
      continue;
    }
    const auto& found = (*answer)->addresses;
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  return addresses;
}

void judge_alias(Examination& examination, const std::string& host, unsigned preference) {
  const auto answer = examination.look_up(host, DnsType::cname);
  if (!answer || (*answer)->names.empty()) return;  // its addresses tell the rest
  const auto& target = (*answer)->names.front();
  examination.find(alias,
                   fmt::format("MX names {}, which is an alias (CNAME) of {}", quote(host),
                               quote(target)),
                   {exchange_record(examination, target, preference)});
}

MailHost examine_host(Examination& examination, const std::string& host,
                      unsigned preference) {
  MailHost found{host, {}};
  if (const auto address = IpAddress::parse(host)) {
    examination.find(
        address_as_host, fmt::format("MX names an address, {}", quote(host)),
        {exchange_record(examination, host_to_propose(examination), preference),
         {host_to_propose(examination), address->is_v4() ? DnsType::a : DnsType::aaaa,
          host}});
    return found;
  }
  judge_alias(examination, host, preference);
  bool known = false;
  found.addresses = addresses_of(examination, host, known);
  if (found.addresses.empty() && known)
    examination.find(
        no_address, fmt::format("MX names {}, which has no address", quote(host)), {},
        fmt::format("publish an A or AAAA record for {}, or another MX", quote(host)));
  for (const auto& address : found.addresses)
    if (is_unreachable(address))
      examination.find(
          unreachable_address,
          fmt::format("MX names {}, whose address is {}", quote(host), address.text()), {},
          "publish the address by which others reach that host");
  return found;
}

/// The domain has no MX record.
MailHosts examine_implicit(Examination& examination) {
  MailHosts found;
  bool known = false;
  auto addresses = addresses_of(examination, examination.domain(), known);
  if (!addresses.empty()) {
    examination.find(implicit, "there is no MX record, only an address",
                     {exchange_record(examination, examination.domain())});
    found.hosts.push_back({examination.domain(), std::move(addresses)});
  } else if (known) {
    examination.find(
        none, "there is neither an MX record nor an address",
        {exchange_record(examination, host_to_propose(examination))},
        fmt::format("or, if the domain sends no mail either: \"{}. IN MX 0 .\"",
                    examination.domain()));
  }
  return found;
}

}  // namespace

bool sends(const Patient& patient) {
  return !patient.egress.empty() || !patient.selectors.empty() ||
         std::ranges::any_of(patient.keys->keys(), [&](const sign::RingKey& key) {
           return key.settings.domain == patient.domain;
         });
}

bool is_unreachable(const IpAddress& address) noexcept {
  static const std::array networks{Network{IpAddress::v4({0, 0, 0, 0}), 8},
                                   Network{IpAddress::v4({10, 0, 0, 0}), 8},
                                   Network{IpAddress::v4({100, 64, 0, 0}), 10},
                                   Network{IpAddress::v4({127, 0, 0, 0}), 8},
                                   Network{IpAddress::v4({169, 254, 0, 0}), 16},
                                   Network{IpAddress::v4({172, 16, 0, 0}), 12},
                                   Network{IpAddress::v4({192, 168, 0, 0}), 16},
                                   Network{IpAddress::v6({0xfc}), 7},
                                   Network{IpAddress::v6({0xfe, 0x80}), 10}};
  return address.is_loopback() ||
         std::ranges::any_of(
             networks, [&](const Network& network) { return network.contains(address); });
}

MailHosts examine_exchanges(Examination& examination) {
  const auto answer = examination.look_up(examination.domain(), DnsType::mx);
  if (!answer) {
    examination.find_unanswered(mx_unanswered, examination.domain(), DnsType::mx,
                                answer.fault());
    return {};
  }
  MailHosts found;
  if ((*answer)->outcome == DnsOutcome::no_domain) {
    found.domain_exists = false;
    examination.find(no_domain,
                     fmt::format("{} does not exist in DNS", examination.domain()), {},
                     "register the name, or look for a slip in writing it");
    return found;
  }
  auto exchanges = (*answer)->exchanges;
  if (exchanges.empty()) return examine_implicit(examination);
  const auto is_null = [](const ports::MailExchange& mx) { return mx.host == "."; };
  if (exchanges.size() == 1 && is_null(exchanges.front())) {
    found.is_null = true;
    if (sends(examination.patient()))
      examination.find(null_but_sends,
                       "the MX record is a null MX, yet the domain sends mail",
                       {exchange_record(examination, host_to_propose(examination))});
    return found;
  }
  if (std::erase_if(exchanges, is_null) > 0)
    examination.find(
        null_among_others, "a null MX stands among other MX records", {},
        fmt::format("remove the record \"{}. IN MX 0 .\"", examination.domain()));
  std::ranges::stable_sort(exchanges, {}, &ports::MailExchange::preference);
  if (exchanges.size() > host_limit) exchanges.resize(host_limit);
  for (const auto& mx : exchanges)
    for (const auto type : {DnsType::a, DnsType::aaaa, DnsType::cname})
      examination.ask_early(mx.host, type);
  for (const auto& mx : exchanges)
    found.hosts.push_back(examine_host(examination, mx.host, mx.preference));
  return found;
}

}  // namespace milterward::doctor
