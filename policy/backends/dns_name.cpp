// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

/// Octets that mean something to a reader of zone files, beside those that cannot be seen.
constexpr std::string_view special_octets = R"(."\();@$)";

constexpr bool is_visible(char c) { return c > ' ' && c <= '~'; }
constexpr OctetSet plain_octets{[](char c) {
  return is_visible(c) && special_octets.find(c) == std::string_view::npos;
}};

struct EscapedOctet {
  std::uint8_t octet;
  std::size_t length;  // of the escape, its backslash included
};

Result<EscapedOctet, DnsNameFault> read_escape(std::string_view text) {
  if (text.size() < 2) return Unexpected{DnsNameFault::bad_escape};
  if (!is_digit(text[1])) return EscapedOctet{static_cast<std::uint8_t>(text[1]), 2};
  if (text.size() < 4 || !is_digit(text[2]) || !is_digit(text[3]))
    return Unexpected{DnsNameFault::bad_escape};
  const int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
  if (value > 255) return Unexpected{DnsNameFault::bad_escape};
  return EscapedOctet{static_cast<std::uint8_t>(value), 4};
}

/// The label that a name begins with, if no octet of it needs an escape; nearly all are so.
std::optional<std::string_view> plain_label(std::string_view presentation) {
  const auto end = std::min(presentation.find('.'), presentation.size());
  const auto label = presentation.substr(0, end);
  if (label.empty() || !is_all_of(label, plain_octets)) return std::nullopt;
  return label;
}

/// One label being collected; it never grows past what a label may hold.
struct Label {
  std::array<std::uint8_t, longest_dns_label> octets{};
  std::size_t size = 0;
};

}  // namespace

void append_dns_label(std::string& name, std::span<const std::uint8_t> label) {
  if (!name.empty()) name += '.';
  for (const auto octet : label) {
    const char c = to_lower(static_cast<char>(octet));
    if (!is_visible(c)) {
      fmt::format_to(std::back_inserter(name), "\\{:03}", octet);
    } else {
      if (!plain_octets.contains(c)) name += '\\';
      name += c;
    }
  }
}

Result<std::string, DnsNameFault> canonical_dns_name(std::string_view presentation) {
  std::string name;
  name.reserve(presentation.size());
  std::size_t wire_length = 1;  // the root's
  Label label;
  const auto finish_label = [&] {
    append_dns_label(name, std::span{label.octets}.first(label.size));
    wire_length += 1 + label.size;
    label.size = 0;
  };
  while (!presentation.empty()) {
    const auto plain = label.size == 0 ? plain_label(presentation) : std::nullopt;
    if (plain) {
      if (plain->size() > longest_dns_label)
        return Unexpected{DnsNameFault::label_too_long};
      if (!name.empty()) name += '.';
      for (const char c : *plain) name += to_lower(c);
      wire_length += 1 + plain->size();
      presentation.remove_prefix(std::min(plain->size() + 1, presentation.size()));
      continue;
    }
    if (presentation.front() == '.') {
      if (label.size == 0)
        return Unexpected{presentation.size() == 1 && name.empty()
                              ? DnsNameFault::empty
                              : DnsNameFault::empty_label};
      finish_label();
      presentation.remove_prefix(1);
      continue;
    }
    EscapedOctet next{static_cast<std::uint8_t>(presentation.front()), 1};
    if (presentation.front() == '\\') {
      const auto escaped = read_escape(presentation);
      if (!escaped) return Unexpected{escaped.fault()};
      next = *escaped;
    }
    if (label.size == longest_dns_label) return Unexpected{DnsNameFault::label_too_long};
    label.octets[label.size++] = next.octet;
    presentation.remove_prefix(next.length);
  }
  if (label.size > 0) finish_label();
  if (name.empty()) return Unexpected{DnsNameFault::empty};
  if (wire_length > longest_dns_name) return Unexpected{DnsNameFault::name_too_long};
  return name;
}

}  // namespace milterward::backends
