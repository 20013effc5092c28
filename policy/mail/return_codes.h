// SPDX-License-Identifier: Apache-2.0
// Which answers of a DNS list count: a list tells by the octets of the address why, or how
// much, a client is listed. Networks would not do: a list may tell the kind of a sender by
// the third octet and its reputation by the fourth.
//
//   codes = octets 3( "." octets )
//   octets = number [ "-" number ] / "*"
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/mail/network.h"

namespace milterward {

class ReturnCodes {
 public:
  ReturnCodes() = default;  // none

  /// "127.0.0.2", "127.0.0.4-7", "127.0.*.3"; none for anything else.
  static std::optional<ReturnCodes> parse(std::string_view text);

  bool hold(const IpAddress& answer) const noexcept;
  /// Can one of them be an answer at all (RFC 5782 section 2.1)?
  bool are_possible() const noexcept { return octets_[0].first == 127; }

  bool operator==(const ReturnCodes&) const = default;

 private:
  std::array<std::pair<std::uint8_t, std::uint8_t>, 4> octets_{};
};

}  // namespace milterward
