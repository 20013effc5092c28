// SPDX-License-Identifier: Apache-2.0
// Any octets are a DNS answer or a fault, and no answer holds more than its packet did. The
// first octet chooses the type asked for; the rest stands behind a header and the question
// `a.test`, so that compression pointers have something to point at.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "policy/backends/dns_packet.h"
#include "policy/backends/dns_query.h"

using milterward::ports::DnsType;

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  constexpr std::array types{DnsType::a,   DnsType::aaaa, DnsType::mx,   DnsType::txt,
                             DnsType::ptr, DnsType::ns,   DnsType::cname};
  if (size < 3) return 0;
  const auto type = types[octets[0] % types.size()];
  std::vector<std::uint8_t> packet{0,    0,
                                   0x81, octets[1],
                                   0,    1,
                                   0,    static_cast<std::uint8_t>(octets[2] & 0xf),
                                   0,    1,
                                   0,    0,
                                   1,    'a',
                                   4,    't',
                                   'e',  's',
                                   't',  0,
                                   0,    static_cast<std::uint8_t>(type),
                                   0,    1};
  packet.insert(packet.end(), octets + 3, octets + size);
  // As the answer of a server that was asked directly: authoritative, for TXT.
  auto direct = packet;
  direct[2] |= 0x04;
  if (const auto query = milterward::backends::DnsQuery::for_texts("a.test", 0)) {
    const auto said = query->read(direct);
    std::size_t texts = 0;
    if (said && *said)
      for (const auto& text : (*said)->texts) texts += text.size();
    if (texts > packet.size() || (said && type != DnsType::txt)) std::abort();
  }
  const auto answer = milterward::backends::parse_dns_packet(packet, "a.test", type);
  if (!answer) return 0;
  std::size_t held = answer->addresses.size() * 4 + answer->names.size();
  for (const auto& text : answer->texts) held += text.size();
  for (const auto& exchange : answer->exchanges) held += 2 + !exchange.host.empty();
  if (held > packet.size()) std::abort();
  return 0;
}
