// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_packet.h"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "policy/base/ascii.h"
#include "tests/policy/backends/dns_wire.h"
#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::tests;
using backends::DnsPacketFault;
using backends::parse_dns_packet;
using ports::DnsType;

namespace {

DnsType type_named(std::string_view text) {
  for (const auto type : {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ns, DnsType::ptr,
                          DnsType::txt, DnsType::cname})
    if (text == ports::to_text(type)) return type;
  throw std::runtime_error{"no such type: " + std::string{text}};
}

std::string read(std::span<const std::uint8_t> packet, std::string_view question) {
  const auto words = split(question, ' ');
  const auto answer = parse_dns_packet(packet, words.at(0), type_named(words.at(1)));
  if (answer) return describe(*answer);
  return answer.fault() == DnsPacketFault::malformed ? "malformed" : "server_failure";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dns_packets)

BOOST_DATA_TEST_CASE(packet_is_read_as, read_cases("backends/dns_packet.cases"), c) {
  BOOST_TEST(read(assemble(c["packet"]), c["ask"]) == c["want"]);
}

BOOST_DATA_TEST_CASE(packet_cut_anywhere_is_malformed_or_has_a_whole_answer_section,
                     read_cases("backends/dns_packet.cases"), c) {
  const auto packet = assemble(c["packet"]);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    // A copy of exactly this size, so that the sanitizer sees a read past its end.
    const std::vector<std::uint8_t> cut(packet.begin(),
                                        packet.begin() + static_cast<std::ptrdiff_t>(size));
    const auto seen = read(cut, c["ask"]);
    BOOST_TEST((seen == "malformed" || seen == c["want"]), size << " octets: " << seen);
  }
}

BOOST_DATA_TEST_CASE(changed_octets_never_yield_more_than_the_packet_holds,
                     read_cases("backends/dns_packet.cases"), c) {
  const auto packet = assemble(c["packet"]);
  std::size_t longest = 0;
  for (std::size_t at = 0; at < packet.size(); ++at)
    for (const int change : {0x01, 0x3f, 0x80, 0xc0, 0xff}) {
      auto changed = packet;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      longest = std::max(longest, read(changed, c["ask"]).size());
    }
  constexpr std::size_t longest_spelling_of_an_octet = 4;
  constexpr std::size_t outcome_and_ttl = 32;
  BOOST_TEST(longest <= packet.size() * longest_spelling_of_an_octet + outcome_and_ttl);
}

BOOST_AUTO_TEST_CASE(names_that_jump_back_thousands_of_times_are_refused_quickly) {
  // Every record's owner is a pointer to the pointer before it: a chain as long as the
  // packet.
  std::vector<std::uint8_t> packet = assemble("0000 8180 0000 0500 0000 0000 00 00");
  std::size_t last = 12;
  for (int i = 0; i < 0x500; ++i) {
    const auto here = packet.size();
    packet.push_back(static_cast<std::uint8_t>(0xc0 | last >> 8));
    packet.push_back(static_cast<std::uint8_t>(last));
    for (const auto octet : assemble("0001 0001 0000003c 0004 7f000001"))
      packet.push_back(octet);
    last = here;
  }
  BOOST_TEST(read(packet, "a.test A") == "malformed");
}

BOOST_AUTO_TEST_SUITE_END()
