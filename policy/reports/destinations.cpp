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
struct Kinship {
  bool is_same = false;
  std::optional<Domain> silent;  // DNS did not say: of whom
};

Kinship kinship_of(const Domain& a, const Domain& b, auth::Discovery& discovery,
                   Deadline deadline) {
  if (a == b) return {true, {}};
  discovery.ask_organization(a);
  discovery.ask_organization(b);
  const auto top_a = discovery.organization_of(a, deadline);
  const auto top_b = discovery.organization_of(b, deadline);
  if (!top_a.domain) return {false, a};
  if (!top_b.domain) return {false, b};
  return {*top_a.domain == *top_b.domain, {}};
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
  auth::Discovery tree{dns, discovery};
  const auto kinship = kinship_of(domain, destination.host, tree, deadline);
  if (kinship.silent)
    return {Consent::unknown,
            {},
            "DNS does not say which organization it belongs to",
            kinship.silent};
  if (kinship.is_same) return {Consent::given, {destination.address}, "", {}};
  const auto name =
      fmt::format("{}._report._dmarc.{}", domain.name(), destination.host.name());
  const auto no = fmt::format("{} has not agreed to take reports about {}",
                              destination.host.name(), domain.name());
  if (name.size() > name_limit) return {Consent::refused, {}, no, {}};
  const auto answer = dns.look_up({name, ports::DnsType::txt}, deadline);
  if (!answer) {
    if (answer.fault() == ports::DnsFault::bad_name) return {Consent::refused, {}, no, {}};
    return {Consent::unknown,
            {},
            fmt::format("{} for {}", ports::to_text(answer.fault()), name),
            destination.host};
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
  return {Consent::given, {destination.address}, "", {}};
}

}  // namespace milterward::reports
