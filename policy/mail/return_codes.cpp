// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/return_codes.h"

#include <charconv>
#include <cstddef>

#include "policy/base/ascii.h"

namespace milterward {
namespace {

std::optional<std::uint8_t> octet(std::string_view text) {
  std::uint8_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ReturnCodes> ReturnCodes::parse(std::string_view text) {
  const auto parts = split(text, '.');
  ReturnCodes codes;
  if (parts.size() != codes.octets_.size()) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "*") {
      codes.octets_[i] = {0, 255};
      continue;
    }
    const auto dash = parts[i].find('-');
    const auto first = octet(parts[i].substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : octet(parts[i].substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    codes.octets_[i] = {*first, *last};
  }
  return codes;
}

bool ReturnCodes::hold(const IpAddress& answer) const noexcept {
  const auto octets = answer.octets();
  if (octets.size() != octets_.size()) return false;
  for (std::size_t i = 0; i < octets_.size(); ++i)
    if (octets[i] < octets_[i].first || octets[i] > octets_[i].second) return false;
  return true;
}

}  // namespace milterward
