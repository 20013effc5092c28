// SPDX-License-Identifier: Apache-2.0
// One question for TXT records to one name server, as RFC 1035 section 4 writes it, and
// what the server's packet says to it. Without the wish for recursion and with the AA bit
// looked at, so that a server that only knows by hearsay, or sends us elsewhere, counts as
// lame. With EDNS (RFC 6891), since keys and what stands beside them may pass 512 octets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ports/name_servers.h"

namespace milterward::backends {

/// What passes every network in one piece (the DNS flag day of 2020).
constexpr std::uint16_t edns_payload = 1232;

class DnsQuery {
 public:
  /// Nothing for what is no name. `id` is to be hard to guess.
  static std::optional<DnsQuery> for_texts(std::string_view name, std::uint16_t id);

  std::span<const std::uint8_t> packet() const noexcept { return packet_; }

  /// Nothing when the packet does not answer this question: another number, another name,
  /// no answer at all. Somebody guesses, or it comes late.
  std::optional<ports::ServerResult> read(std::span<const std::uint8_t> packet) const;
  /// An answer to this question that did not fit: ask again by TCP.
  bool is_cut_off(std::span<const std::uint8_t> packet) const;

 private:
  DnsQuery() = default;
  bool is_answered_by(std::span<const std::uint8_t> packet) const;

  std::string name_;  // canonical
  std::vector<std::uint8_t> packet_;
  std::size_t question_end_ = 0;
};

}  // namespace milterward::backends
