// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_query.h"

#include <algorithm>
#include <utility>

#include "policy/backends/dns_name.h"
#include "policy/backends/dns_packet.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using ports::DnsType;
using ports::ServerFault;
using Packet = std::vector<std::uint8_t>;

constexpr std::size_t packet_header_size = 12;
constexpr std::uint8_t response_bit = 0x80;       // in the third octet
constexpr std::uint8_t authoritative_bit = 0x04;  // there, too
constexpr std::uint8_t truncated_bit = 0x02;      // and this
constexpr std::uint8_t response_code = 0x0f;      // in the fourth
constexpr std::uint8_t code_no_error = 0;
constexpr std::uint8_t code_no_domain = 3;
constexpr std::uint8_t code_refused = 5;
constexpr std::uint16_t class_internet = 1;
constexpr std::uint16_t type_opt = 41;

void add_u16(Packet& packet, std::uint16_t number) {
  packet.push_back(static_cast<std::uint8_t>(number >> 8));
  packet.push_back(static_cast<std::uint8_t>(number & 0xff));
}

/// `name` is canonical: its escapes are whole and its labels short enough.
void add_name(Packet& packet, std::string_view name) {
  auto length_at = packet.size();
  packet.push_back(0);
  while (!name.empty()) {
    std::size_t taken = 1;
    if (name.front() == '.') {
      length_at = packet.size();
      packet.push_back(0);
    } else {
      auto octet = static_cast<std::uint8_t>(name.front());
      if (name.front() == '\\' && is_digit(name[1])) {
        octet = static_cast<std::uint8_t>((name[1] - '0') * 100 + (name[2] - '0') * 10 +
                                          (name[3] - '0'));
        taken = 4;
      } else if (name.front() == '\\') {
        octet = static_cast<std::uint8_t>(name[1]);
        taken = 2;
      }
      packet.push_back(octet);
      ++packet[length_at];
    }
    name.remove_prefix(taken);
  }
  packet.push_back(0);
}

}  // namespace

std::optional<DnsQuery> DnsQuery::for_texts(std::string_view name, std::uint16_t id) {
  auto canonical = canonical_dns_name(name);
  if (!canonical) return std::nullopt;
  DnsQuery query;
  query.name_ = *std::move(canonical);
  auto& packet = query.packet_;
  add_u16(packet, id);
  add_u16(packet, 0);  // a standard query, no recursion desired
  add_u16(packet, 1);  // one question
  add_u16(packet, 0);
  add_u16(packet, 0);
  add_u16(packet, 1);  // one additional record
  add_name(packet, query.name_);
  add_u16(packet, static_cast<std::uint16_t>(DnsType::txt));
  add_u16(packet, class_internet);
  query.question_end_ = packet.size();
  packet.push_back(0);  // OPT belongs to the root
  add_u16(packet, type_opt);
  add_u16(packet, edns_payload);
  add_u16(packet, 0);  // no extended code, version 0
  add_u16(packet, 0);  // no flags
  add_u16(packet, 0);  // no options
  return query;
}

/// The question comes back as it was, but for the case of letters.
bool DnsQuery::is_answered_by(std::span<const std::uint8_t> packet) const {
  if (packet.size() < question_end_ || (packet[2] & response_bit) == 0) return false;
  const auto lower = [](std::uint8_t octet) { return to_lower(static_cast<char>(octet)); };
  return std::equal(packet.begin(), packet.begin() + 2, packet_.begin()) &&
         packet[4] == 0 && packet[5] == 1 &&
         std::ranges::equal(
             packet.subspan(packet_header_size, question_end_ - packet_header_size),
             std::span{packet_}.subspan(packet_header_size,
                                        question_end_ - packet_header_size),
             {}, lower, lower);
}

bool DnsQuery::is_cut_off(std::span<const std::uint8_t> packet) const {
  return is_answered_by(packet) && (packet[2] & truncated_bit) != 0;
}

std::optional<ports::ServerResult> DnsQuery::read(
    std::span<const std::uint8_t> packet) const {
  if (!is_answered_by(packet)) return std::nullopt;
  const auto code = packet[3] & response_code;
  const bool is_answer = code == code_no_error || code == code_no_domain;
  if (code == code_refused || (is_answer && (packet[2] & authoritative_bit) == 0))
    return Unexpected{ServerFault::lame};
  // What it stands for first: the reader of texts would follow it to another's records.
  const auto aliases = parse_dns_packet(packet, name_, DnsType::cname);
  if (!aliases) return Unexpected{ServerFault::failed};
  if (!aliases->names.empty()) return ports::ServerAnswer{aliases->names.front(), {}};
  auto texts = parse_dns_packet(packet, name_, DnsType::txt);
  if (!texts) return Unexpected{ServerFault::failed};
  return ports::ServerAnswer{"", std::move(texts->texts)};
}

}  // namespace milterward::backends
