// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/destinations.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/auth/dmarc/record.h"
#include "policy/auth/dmarc/tree_walk.h"
#include "policy/base/ascii.h"
#include "policy/mail/address.h"

namespace milterward::reports {
namespace {

constexpr std::string_view mailto = "mailto:";
/// RFC 1035 section 3.1, as text without the final dot.
constexpr std::size_t name_limit = 253;

int value_of(char hex) noexcept {
  return is_digit(hex) ? hex - '0' : to_lower(hex) - 'a' + 10;
}

/// The record's parser has seen to it that two hexadecimal digits follow each "%".
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || text.size() - i < 3) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(value_of(text[i + 1]) * 16 + value_of(text[i + 2]));
    i += 2;
  }
  return plain;
}

bool is_graphic(char c) noexcept { return c > ' ' && c <= '~'; }

/// Same organization: nobody else is to be asked.
enum class Kinship { none, same, unknown };

struct Kin {
  Kinship kinship = Kinship::unknown;
  std::optional<Domain> silent;  // unknown: whose DNS let us wait in vain
};

Kin kinship_of(const Domain& a, const Domain& b, auth::Discovery& discovery,
               Deadline deadline) {
  std::vector<Domain> tops;
  for (const auto& one : {a, b}) {
    const auto top = discovery.organization_of(one, deadline);
    if (!top.domain)
      return {Kinship::unknown, top.timed_out ? std::optional{one} : std::nullopt};
    tops.push_back(*top.domain);
  }
  return {tops.front() == tops.back() ? Kinship::same : Kinship::none, {}};
}

/// What the rua= or ruf= of a record that agrees makes of it. RFC 9990 section 4, step 9.
Agreement replaced(const Destination& destination, const std::vector<std::string>& uris) {
  Agreement agreement{Consent::given, {}, "", {}};
  for (const auto& uri : uris) {
    const auto other = parse_destination(uri);
    if (!other) continue;
    if (other->host != destination.host)
      return {Consent::refused,
              {},
              fmt::format("{} would have them sent to {}", destination.host.name(),
                          other->host.name()),
              {}};
    agreement.addresses.push_back(other->address);
  }
  if (agreement.addresses.empty()) agreement.addresses = {destination.address};
  return agreement;
}

}  // namespace

std::optional<Destination> parse_destination(std::string_view uri) {
  if (!starts_with_ignoring_case(uri, mailto)) return std::nullopt;
  uri.remove_prefix(mailto.size());
  const auto address = without_escapes(uri.substr(0, uri.find('?')));
  if (!std::ranges::all_of(address, is_graphic)) return std::nullopt;
  const auto path = parse_path(address);
  if (!path || !path->mailbox || path->mailbox->has_source_route ||
      path->mailbox->is_quoted || !path->mailbox->domain || hides_route(*path->mailbox))
    return std::nullopt;
  return Destination{address, *path->mailbox->domain};
}

Agreement ask_for_agreement(const Destination& destination, const Domain& domain,
                            ports::ReportKind kind, ports::Resolver& dns,
                            conf::DmarcDiscovery discovery, Deadline deadline) {
  Agreement given{Consent::given, {destination.address}, "", {}};
  const auto& host = destination.host;
  if (domain == host) return given;
  auth::Discovery tree{dns, discovery};
  tree.ask_organization(domain);
  tree.ask_organization(host);
  const auto name = fmt::format("{}._report._dmarc.{}", domain.name(), host.name());
  // What is too long for a name is answered without a question.
  const auto consent =
      name.size() > name_limit ? ports::Pending{} : dns.ask({name, ports::DnsType::txt});
  const auto kin = kinship_of(domain, host, tree, deadline);
  if (kin.kinship == Kinship::unknown)
    return {Consent::unknown,
            {},
            "DNS does not say which organization it belongs to",
            kin.silent};
  if (kin.kinship == Kinship::same) return given;
  const auto no =
      fmt::format("{} has not agreed to take reports about {}", host.name(), domain.name());
  const auto answer = consent.wait(deadline);
  if (!answer) {
    const auto fault = answer.fault();
    if (fault == ports::DnsFault::bad_name) return {Consent::refused, {}, no, {}};
    return {Consent::unknown,
            {},
            fmt::format("{} for {}", ports::to_text(fault), name),
            fault == ports::DnsFault::timed_out ? std::optional{host} : std::nullopt};
  }
  bool has_agreed = false;
  for (const auto& text : (*answer)->texts) {
    const auto record = auth::parse_dmarc_record(text);
    if (!record) continue;
    has_agreed = true;
    const auto& uris = kind == ports::ReportKind::failure ? record->ruf : record->rua;
    if (!uris.empty()) return replaced(destination, uris);
  }
  if (!has_agreed) return {Consent::refused, {}, no, {}};
  return given;
}

}  // namespace milterward::reports
