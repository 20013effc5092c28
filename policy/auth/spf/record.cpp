// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/record.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using ports::SpfResult;

constexpr std::string_view version = "v=spf1";
constexpr std::size_t directives_at_first = 16;  // room made for, whatever is published

using Reason = std::string_view;
template <class T>
using Parsed = Result<T, Reason>;

struct NamedMechanism {
  std::string_view name;
  SpfMechanism mechanism;
};
constexpr std::array mechanisms{
    NamedMechanism{"all", SpfMechanism::all},
    NamedMechanism{"a", SpfMechanism::a},
    NamedMechanism{"include", SpfMechanism::include},
    NamedMechanism{"mx", SpfMechanism::mx},
    NamedMechanism{"ip4", SpfMechanism::ip4},
    NamedMechanism{"ip6", SpfMechanism::ip6},
    NamedMechanism{"exists", SpfMechanism::exists},
    NamedMechanism{"ptr", SpfMechanism::ptr},
};

/// "0" or digits without a leading zero, at most `limit`.
std::optional<unsigned> prefix_length(std::string_view digits, unsigned limit) noexcept {
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0'))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > limit) return std::nullopt;
  return value;
}

/// What of `text` is digits at its end.
std::string_view digits_at_end(std::string_view text) noexcept {
  std::size_t begin = text.size();
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  return text.substr(begin);
}

/// How many octets stand before the first colon or slash. (find_first_of searches the set
/// anew for each of them.)
std::size_t size_of_name(std::string_view text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ':' && text[end] != '/') ++end;
  return end;
}

struct Cidr {
  unsigned prefix4 = 32;
  unsigned prefix6 = 128;
};

/// Takes [ "/" ip4-cidr-length ] [ "//" ip6-cidr-length ] off the end of `text`. A slash is
/// also a macro-literal, so that only what looks like a length is one: the rest has to be a
/// valid domain-spec, which "example.org/33" is not.
Parsed<Cidr> take_cidr(std::string_view& text) {
  Cidr cidr;
  auto digits = digits_at_end(text);
  auto before = text.substr(0, text.size() - digits.size());
  if (digits.empty()) return cidr;
  if (before.ends_with("//")) {
    const auto prefix = prefix_length(digits, 128);
    if (!prefix) return Unexpected{Reason{"ip6-cidr-length out of range"}};
    cidr.prefix6 = *prefix;
    text = before.substr(0, before.size() - 2);
    digits = digits_at_end(text);
    before = text.substr(0, text.size() - digits.size());
    if (digits.empty()) return cidr;
  }
  if (before.ends_with('/') && !before.ends_with("//")) {
    const auto prefix = prefix_length(digits, 32);
    if (!prefix) return Unexpected{Reason{"ip4-cidr-length out of range"}};
    cidr.prefix4 = *prefix;
    text = before.substr(0, before.size() - 1);
  }
  return cidr;
}

Parsed<Network> parse_ip4(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  std::array<std::uint8_t, 4> octets{};
  if (inet_pton(AF_INET, address.c_str(), octets.data()) != 1)
    return Unexpected{Reason{"not an IPv4 address"}};
  std::optional<unsigned> prefix = 32;
  if (slash != std::string_view::npos) prefix = prefix_length(text.substr(slash + 1), 32);
  if (!prefix) return Unexpected{Reason{"ip4-cidr-length out of range"}};
  return Network{IpAddress::v4(octets), *prefix};
}

Parsed<Network> parse_ip6(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET6, address.c_str(), octets.data()) != 1)
    return Unexpected{Reason{"not an IPv6 address"}};
  std::optional<unsigned> prefix = 128;
  if (slash != std::string_view::npos) prefix = prefix_length(text.substr(slash + 1), 128);
  if (!prefix) return Unexpected{Reason{"ip6-cidr-length out of range"}};
  if (const auto first = *prefix / 8; first < octets.size()) {  // has bits below it
    octets[first] = static_cast<std::uint8_t>(octets[first] & ~(0xffU >> (*prefix % 8)));
    std::fill(octets.begin() + first + 1, octets.end(), std::uint8_t{0});
  }
  const auto base = IpAddress::v6(octets);
  // A network of IPv4-mapped addresses: their clients are IPv4 (section 5), so it is empty.
  if (base.is_v4()) return Network{};
  return Network{base, *prefix};
}

class RecordReader {
 public:
  Result<SpfRecord, SpfSyntaxFault> read(std::string_view text) {
    bool has_all = false;
    text.remove_prefix(version.size());
    record_.directives.reserve(std::min(
        directives_at_first, static_cast<std::size_t>(std::ranges::count(text, ' '))));
    while (!text.empty()) {
      const auto end = std::min(text.find(' '), text.size());
      const auto term = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (term.empty()) continue;
      if (const auto reason = read_term(term))
        return Unexpected{SpfSyntaxFault{printable(term, spf_reason_limit), *reason}};
      has_all = has_all || (!record_.directives.empty() &&
                            record_.directives.back().mechanism == SpfMechanism::all);
    }
    if (has_all) record_.redirect.reset();
    return std::move(record_);
  }

 private:
  std::optional<Reason> read_term(std::string_view term) {
    if (std::ranges::any_of(term, [](char c) { return c <= 0x20 || c >= 0x7f; }))
      return "character that is not visible ASCII";
    std::size_t end = 0;
    while (end < term.size() && (is_alnum(term[end]) || term[end] == '-' ||
                                 term[end] == '_' || term[end] == '.'))
      ++end;
    if (end > 0 && end < term.size() && term[end] == '=' && is_alpha(term.front()))
      return read_modifier(term, term.substr(0, end), term.substr(end + 1));
    return read_directive(term);
  }

  std::optional<Reason> read_modifier(std::string_view term, std::string_view name,
                                      std::string_view value) {
    if (equal_ignoring_case(name, "redirect")) {
      auto target = parse_domain_spec(value);
      if (!target) return to_text(target.fault());
      if (seen_redirect_) return "redirect more than once";
      seen_redirect_ = true;
      record_.redirect = SpfRedirect{std::move(*target), std::string{term}};
      return std::nullopt;
    }
    if (equal_ignoring_case(name, "exp")) {
      auto target = parse_domain_spec(value);
      if (!target) return to_text(target.fault());
      if (record_.explanation) return "exp more than once";
      record_.explanation = std::move(*target);
      return std::nullopt;
    }
    const auto ignored = parse_macro_string(value);
    if (!ignored) return to_text(ignored.fault());
    return std::nullopt;
  }

  std::optional<Reason> read_directive(std::string_view term) {
    SpfDirective directive;
    directive.text = term;
    auto rest = term;
    constexpr std::string_view qualifiers = "+-~?";
    constexpr std::array results{SpfResult::pass, SpfResult::fail, SpfResult::softfail,
                                 SpfResult::neutral};
    if (const auto found = qualifiers.find(rest.front()); found != std::string_view::npos) {
      directive.qualifier = results[found];
      rest.remove_prefix(1);
    }
    const auto name = rest.substr(0, size_of_name(rest));
    rest.remove_prefix(name.size());
    const auto named = std::ranges::find_if(mechanisms, [name](const NamedMechanism& one) {
      return equal_ignoring_case(one.name, name);
    });
    if (named == mechanisms.end()) return "unknown mechanism";
    directive.mechanism = named->mechanism;
    if (const auto reason = read_argument(directive, rest)) return reason;
    record_.directives.push_back(std::move(directive));
    return std::nullopt;
  }

  /// `rest` is what stands behind the mechanism's name: empty, ":..." or "/...".
  static std::optional<Reason> read_argument(SpfDirective& directive,
                                             std::string_view rest) {
    switch (directive.mechanism) {
      case SpfMechanism::all:
        if (!rest.empty()) return "all takes no argument";
        return std::nullopt;
      case SpfMechanism::include:
      case SpfMechanism::exists:
        if (!rest.starts_with(':')) return "domain-spec missing";
        return read_target(directive, rest);
      case SpfMechanism::ptr:
        return read_target(directive, rest);
      case SpfMechanism::a:
      case SpfMechanism::mx: {
        const auto cidr = take_cidr(rest);
        if (!cidr) return cidr.fault();
        directive.prefix4 = cidr->prefix4;
        directive.prefix6 = cidr->prefix6;
        return read_target(directive, rest);
      }
      case SpfMechanism::ip4:
      case SpfMechanism::ip6: {
        if (!rest.starts_with(':')) return "network missing";
        const auto network = directive.mechanism == SpfMechanism::ip4
                                 ? parse_ip4(rest.substr(1))
                                 : parse_ip6(rest.substr(1));
        if (!network) return network.fault();
        directive.network = *network;
        return std::nullopt;
      }
    }
    unreachable();
  }

  static std::optional<Reason> read_target(SpfDirective& directive, std::string_view rest) {
    if (rest.empty()) return std::nullopt;
    if (!rest.starts_with(':')) return "malformed prefix length";
    auto target = parse_domain_spec(rest.substr(1));
    if (!target) return to_text(target.fault());
    directive.target = std::move(*target);
    return std::nullopt;
  }

  SpfRecord record_;
  bool seen_redirect_ = false;
};

}  // namespace

bool is_spf_record(std::string_view text) noexcept {
  return starts_with_ignoring_case(text, version) &&
         (text.size() == version.size() || text[version.size()] == ' ');
}

Result<SpfRecord, SpfSyntaxFault> parse_spf_record(std::string_view text) {
  return RecordReader{}.read(text);
}

bool asks_dns(SpfMechanism mechanism) noexcept {
  switch (mechanism) {
    case SpfMechanism::all:
    case SpfMechanism::ip4:
    case SpfMechanism::ip6:
      return false;
    case SpfMechanism::include:
    case SpfMechanism::a:
    case SpfMechanism::mx:
    case SpfMechanism::ptr:
    case SpfMechanism::exists:
      return true;
  }
  unreachable();
}

}  // namespace milterward::auth
