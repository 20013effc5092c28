// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dnsbl/dnsbl.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using ports::DnsResult;

/// What no list may list, as lists of the client's family name it (RFC 5782 section 5).
std::string test_point(const IpAddress& client) {
  constexpr std::string_view mapped = "1.0.0.0.0.0.f.7.f.f.f.f";
  if (client.is_v4()) return "1.0.0.127";
  std::string name{mapped};
  for (int nibble = 0; nibble < 20; ++nibble) name += ".0";
  return name;
}

/// Some lists refuse by 127.0.0.1, which is none's code for a listing.
bool is_error_code(const IpAddress& code) {
  return Network{IpAddress::v4({127, 255, 255, 0}), 24}.contains(code) ||
         code == IpAddress::v4({127, 0, 0, 1});
}

bool is_of_a_list(const IpAddress& code) {
  return Network{IpAddress::v4({127, 0, 0, 0}), 8}.contains(code);
}

std::optional<ListFault> fault_of(const DnsResult& answer, const ports::Pending& test_point,
                                  Deadline deadline) {
  if (!answer) return ListFault::unanswered;
  const auto& codes = (*answer)->addresses;
  if (codes.empty()) return std::nullopt;
  if (std::ranges::any_of(codes, is_error_code)) return ListFault::refused;
  if (!std::ranges::all_of(codes, is_of_a_list)) return ListFault::unbelievable;
  // Silence about the test point casts no doubt on what was said of the client.
  const auto test = test_point.wait(deadline);
  if (test && !(*test)->addresses.empty()) return ListFault::unbelievable;
  return std::nullopt;
}

DnswlFinding::Result result_of(std::optional<ListFault> fault,
                               const std::vector<IpAddress>& codes) {
  using Result = DnswlFinding::Result;
  if (!fault) return codes.empty() ? Result::none : Result::pass;
  return *fault == ListFault::unanswered ? Result::temperror : Result::permerror;
}

}  // namespace

std::string_view to_text(ListFault fault) noexcept {
  switch (fault) {
    case ListFault::unanswered:
      return "unanswered";
    case ListFault::refused:
      return "refused";
    case ListFault::unbelievable:
      return "unbelievable";
  }
  unreachable();
}

bool speaks_against(const std::vector<conf::DnsList>& rows, const Listing& listing) {
  return std::ranges::any_of(rows, [&](const conf::DnsList& row) {
    return row.shown() == listing.list && row.kind == conf::ListKind::block &&
           std::ranges::any_of(row.codes,
                               [&](const auto& codes) { return codes.hold(listing.code); });
  });
}

ListCheck::ListCheck(const std::vector<conf::DnsList>& rows, const IpAddress& client,
                     ports::Resolver& dns, Deadline patience)
    : rows_(rows), patience_(patience) {
  for (const auto& row : rows) {
    if (std::ranges::any_of(
            lists_, [&](const Asked& list) { return list.first_row->zone == row.zone; }))
      continue;
    const auto question = [&](const std::string& reversed) {
      return ports::DnsQuestion{fmt::format("{}.{}", reversed, row.zone.name()),
                                ports::DnsType::a};
    };
    lists_.push_back({&row, dns.ask(question(client.reversed())),
                      dns.ask(question(test_point(client)))});
  }
}

ListFindings ListCheck::finish(Deadline deadline) const {
  ListFindings findings;
  const Deadline until{std::min(deadline.at(), patience_.at())};
  for (const auto& list : lists_) note(list, until, findings);
  return findings;
}

void ListCheck::note(const Asked& list, Deadline deadline, ListFindings& findings) const {
  const auto answer = list.answer.wait(deadline);
  const auto fault = fault_of(answer, list.test_point, deadline);
  const auto& name = list.first_row->shown();
  if (fault) findings.faulty.push_back({name, *fault});
  DnswlFinding dnswl;
  dnswl.list = name;
  dnswl.is_secure = answer && (*answer)->secure;
  const auto is_allowing = [&](const conf::DnsList& row) {
    return row.zone == list.first_row->zone && row.kind == conf::ListKind::allow;
  };
  if (!fault)
    for (const auto& code : (*answer)->addresses) {
      findings.listings.push_back({name, code});
      const bool counts = std::ranges::any_of(rows_, [&](const conf::DnsList& row) {
        return is_allowing(row) && std::ranges::any_of(row.codes, [&](const auto& codes) {
                 return codes.hold(code);
               });
      });
      if (counts) dnswl.codes.push_back(code);
    }
  if (std::ranges::none_of(rows_, is_allowing)) return;
  dnswl.result = result_of(fault, dnswl.codes);
  findings.dnswl.push_back(std::move(dnswl));
}

}  // namespace milterward::auth
