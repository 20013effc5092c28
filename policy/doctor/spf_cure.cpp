// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/spf_cure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"

namespace milterward::doctor {
namespace {

constexpr std::string_view version = "v=spf1";

std::string_view without_qualifier(std::string_view term) {
  if (!term.empty() &&
      std::string_view{"+-~?"}.find(term.front()) != std::string_view::npos)
    term.remove_prefix(1);
  return term;
}

bool is_all(std::string_view term) {
  return equal_ignoring_case(without_qualifier(term), "all");
}

bool is_end(std::string_view term) {
  return is_all(term) || starts_with_ignoring_case(term, "redirect=");
}

/// The terms behind the version.
std::vector<std::string_view> terms_of(std::string_view record) {
  record.remove_prefix(std::min(version.size(), record.size()));
  auto terms = split(record, ' ');
  std::erase_if(terms, [](std::string_view term) { return term.empty(); });
  return terms;
}

template <class Terms>
std::string joined(const Terms& terms) {
  std::string record{version};
  for (const auto& term : terms) record += fmt::format(" {}", term);
  return record;
}

/// How much an end permits: the milder, the more.
std::size_t mildness(std::string_view all) {
  return std::string_view{"-~?+"}.find(is_alpha(all.front()) ? '+' : all.front());
}

struct Slip {
  std::string_view written, meant;
};
constexpr std::array slips{Slip{"ipv4:", "ip4:"},
                           Slip{"ipv6:", "ip6:"},
                           Slip{"ip:", "ip4:"},
                           Slip{"ipv4=", "ip4:"},
                           Slip{"ip4=", "ip4:"},
                           Slip{"ip6=", "ip6:"},
                           Slip{"include=", "include:"},
                           Slip{"includes:", "include:"},
                           Slip{"a=", "a:"},
                           Slip{"mx=", "mx:"}};

std::optional<std::string> mended(std::string_view term) {
  const auto bare = without_qualifier(term);
  const auto qualifier = term.substr(0, term.size() - bare.size());
  for (const auto& slip : slips)
    if (starts_with_ignoring_case(bare, slip.written))
      return fmt::format("{}{}{}", qualifier, slip.meant, bare.substr(slip.written.size()));
  if (const auto address = IpAddress::parse(bare)) return term_for(*address);
  return std::nullopt;
}

}  // namespace

std::string term_for(const IpAddress& address) {
  return fmt::format("{}:{}", address.is_v4() ? "ip4" : "ip6", address.text());
}

std::string with_terms(std::string_view record, const std::vector<std::string>& terms) {
  const auto old = terms_of(record);
  std::vector<std::string> all{old.begin(), old.end()};
  all.insert(std::ranges::find_if(all, is_end), terms.begin(), terms.end());
  return joined(all);
}

std::string with_soft_end(std::string_view record) {
  auto terms = terms_of(record);
  std::erase_if(terms, is_end);
  terms.push_back("~all");
  return joined(terms);
}

std::string merged(std::span<const std::string> records) {
  std::vector<std::string_view> terms;
  std::string_view end;
  for (const auto& record : records)
    for (const auto term : terms_of(record)) {
      if (is_all(term)) {
        if (end.empty() || mildness(term) > mildness(end)) end = term;
      } else {
        terms.push_back(term);
      }
    }
  // "all" overrules a redirect, which would be lost: what it names is included instead.
  std::vector<std::string> out;
  for (const auto term : terms) {
    constexpr std::string_view redirect = "redirect=";
    auto kept = starts_with_ignoring_case(term, redirect)
                    ? fmt::format("include:{}", term.substr(redirect.size()))
                    : std::string{term};
    if (std::ranges::find(out, kept) == out.end()) out.push_back(std::move(kept));
  }
  // Everybody is nobody's wish.
  out.emplace_back(end.empty() || mildness(end) > mildness("~all") ? "~all" : end);
  return joined(out);
}

std::string without_fault(std::string_view record, std::string_view term) {
  std::vector<std::string> out;
  for (const auto old : terms_of(record)) {
    if (printable(old, term.size()) != term) {
      out.emplace_back(old);
    } else if (auto better = mended(old)) {
      out.push_back(std::move(*better));
    }
  }
  return joined(out);
}

std::string without_terms(std::string_view record, const std::vector<std::string>& terms) {
  auto kept = terms_of(record);
  std::erase_if(kept, [&](std::string_view term) {
    return std::ranges::find(terms, term) != terms.end();
  });
  return joined(kept);
}

std::string record_for(const std::vector<IpAddress>& egress) {
  std::vector<std::string> terms;
  for (const auto& address : egress) terms.push_back(term_for(address));
  if (terms.empty()) terms.emplace_back("mx");
  terms.emplace_back("~all");
  return joined(terms);
}

}  // namespace milterward::doctor
