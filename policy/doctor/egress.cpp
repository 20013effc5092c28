// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/egress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/auth/dnsbl/dnsbl.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/base/unreachable.h"

namespace milterward::doctor {
namespace {

using ports::DnsType;

constexpr Kind name_unanswered{
    "ptr.unanswered", Severity::unknown,
    "Whether receivers find a name for the address is not known."};
constexpr Kind no_name{"ptr.none", Severity::fault,
                       "Large receivers refuse mail of an address without a name (RFC 8601 "
                       "section 3 calls it iprev)."};
constexpr Kind leads_elsewhere{
    "ptr.no_forward", Severity::fault,
    "The name of an address must lead back to it, or anybody could claim any name; large "
    "receivers treat such an address as one without a name."};
constexpr Kind list_unanswered{"dnsbl.unanswered", Severity::unknown,
                               "Whether the address is listed is not known."};
constexpr Kind list_refuses{
    "dnsbl.not_served", Severity::unknown,
    "The list answers with an error: it does not serve this resolver, or wants a key. Its "
    "silence about the address means nothing."};
constexpr Kind list_unbelievable{"dnsbl.unbelievable", Severity::unknown,
                                 "The list answers what no list may (RFC 5782 section 5), "
                                 "as those do that were shut down."};
constexpr Kind listed{
    "dnsbl.listed", Severity::fault,
    "Receivers who ask this list refuse or mark down mail of the address."};
constexpr Kind unreachable_egress{
    "ptr.unreachable", Severity::fault,
    "Receivers see another address than this one, which does not leave a private network."};

std::string host_name_for(const Examination& examination, const IpAddress& address,
                          const MailHosts& hosts) {
  for (const auto& host : hosts.hosts)
    if (std::ranges::find(host.addresses, address) != host.addresses.end())
      return host.name;
  // A name of its own: one that is in use must not lead to this address as well.
  auto label = address.text();
  std::ranges::replace_if(
      label, [](char c) { return c == '.' || c == ':'; }, '-');
  return fmt::format("out-{}.{}", label, examination.domain());
}

/// Whether a record of the address would stand beside others, and lead mail astray.
bool is_in_use(Examination& examination, const std::string& name) {
  return std::ranges::any_of(std::array{DnsType::a, DnsType::aaaa}, [&](DnsType type) {
    const auto answer = examination.look_up(name, type);
    return !answer || !(*answer)->addresses.empty();
  });
}

DnsType address_type(const IpAddress& address) {
  return address.is_v4() ? DnsType::a : DnsType::aaaa;
}

void examine_name(Examination& examination, const IpAddress& address,
                  const MailHosts& hosts) {
  const auto found = auth::check_iprev(address, examination.dns(), examination.deadline());
  switch (found.result) {
    case auth::IprevResult::pass:
      return;
    case auth::IprevResult::temperror:
      examination.find(name_unanswered,
                       fmt::format("DNS did not answer for the name of {}", address.text()),
                       {}, "ask again");
      return;
    case auth::IprevResult::permerror: {
      const auto name = host_name_for(examination, address, hosts);
      examination.find(no_name, fmt::format("{} has no PTR record", address.text()),
                       {{address.reverse_name(), DnsType::ptr, name},
                        {name, address_type(address), address.text()}},
                       "the PTR record is published by who gave you the address");
      return;
    }
    case auth::IprevResult::fail: {
      const std::string cure = "have the PTR record name a host that has this address";
      std::vector<Record> records;
      if (!is_in_use(examination, found.name))
        records.push_back({found.name, address_type(address), address.text()});
      examination.find(leads_elsewhere,
                       fmt::format("the name of {} is {}, which does not lead back to it",
                                   address.text(), quote(found.name)),
                       records, records.empty() ? cure : "or " + cure);
      return;
    }
  }
  unreachable();
}

const Kind& kind_of(auth::ListFault fault) {
  switch (fault) {
    case auth::ListFault::unanswered:
      return list_unanswered;
    case auth::ListFault::refused:
      return list_refuses;
    case auth::ListFault::unbelievable:
      return list_unbelievable;
  }
  unreachable();
}

void examine_lists(Examination& examination, const IpAddress& address) {
  const auto& rows = examination.patient().lists;
  const auto deadline = examination.deadline();
  const auto findings =
      auth::ListCheck{rows, address, examination.dns(), deadline}.finish(deadline);
  for (const auto& listing : findings.listings)
    if (auth::speaks_against(rows, listing))
      examination.find(
          listed,
          fmt::format("{} is listed at {} ({})", address.text(), listing.list,
                      listing.code.text()),
          {},
          "find and stop what it was listed for, then ask the list to remove the "
          "address");
  for (const auto& faulty : findings.faulty)
    examination.find(
        kind_of(faulty.fault),
        fmt::format("{} tells nothing of {}", faulty.list, address.text()), {},
        faulty.fault == auth::ListFault::unanswered
            ? "ask again"
            : "ask it by a resolver of your own, see the list's terms, or ask it "
              "no more");
}

}  // namespace

void examine_egress(Examination& examination, const IpAddress& address,
                    const MailHosts& hosts) {
  if (is_unreachable(address)) {
    examination.find(unreachable_egress,
                     fmt::format("{} is no address that others see", address.text()), {},
                     "name the address that mail leaves from, as seen from outside");
    return;
  }
  examine_name(examination, address, hosts);
  examine_lists(examination, address);
}

}  // namespace milterward::doctor
