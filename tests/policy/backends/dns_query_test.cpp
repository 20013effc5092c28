// SPDX-License-Identifier: Apache-2.0
// A question to one server, octet by octet, and what counts as its answer. Servers that
// answer well are real ones, in key_servers_test.cpp.
#include "policy/backends/dns_query.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/policy/backends/dns_wire.h"

namespace milterward::tests {
namespace {

using backends::DnsQuery;

constexpr auto asked = "'a.test' 0010 0001";

DnsQuery query() { return DnsQuery::for_texts("a.test", 0x1234).value(); }

/// Header without the number of answers: id, flags; then the counts and what follows.
std::string read(const std::string& notation) {
  const auto result = query().read(assemble(notation));
  if (!result) return "not ours";
  if (!*result) return std::string{to_text(result->fault())};
  std::string text = "alias=" + (*result)->alias;
  for (const auto& one : (*result)->texts) text += " " + one;
  return text;
}

BOOST_AUTO_TEST_SUITE(dns_query)

BOOST_AUTO_TEST_CASE(asks_without_recursion_and_with_room_for_keys) {
  const auto asking = query();
  const auto packet = asking.packet();
  const auto want = assemble(
      "1234 0000 0001 0000 0000 0001 'a.test' 0010 0001  00 0029 04d0 00000000 0000");
  BOOST_TEST(std::vector<std::uint8_t>(packet.begin(), packet.end()) == want,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(writes_odd_octets_as_they_are) {
  const auto asking = DnsQuery::for_texts(R"(a\.b\032.test)", 1).value();
  const auto packet = asking.packet();
  const auto want = assemble(
      "0001 0000 0001 0000 0000 0001 04 61 2e 62 20 04 74 65 73 74 00 0010 0001"
      " 00 0029 04d0 00000000 0000");
  BOOST_TEST(std::vector<std::uint8_t>(packet.begin(), packet.end()) == want,
             boost::test_tools::per_element());
  BOOST_TEST(!DnsQuery::for_texts("a..test", 1).has_value());
  BOOST_TEST(!DnsQuery::for_texts("", 1).has_value());
}

BOOST_AUTO_TEST_CASE(reads_texts_of_a_server_that_knows) {
  BOOST_TEST(read(std::string{"1234 8400 0001 0001 0000 0000 "} + asked +
                  " c00c 0010 0001 00000000 !2(\"p=1\")") == "alias= p=1");
  BOOST_TEST(read(std::string{"1234 8403 0001 0000 0000 0000 "} + asked) == "alias=");
}

BOOST_AUTO_TEST_CASE(does_not_follow_an_alias) {
  BOOST_TEST(read(std::string{"1234 8400 0001 0002 0000 0000 "} + asked +
                  " c00c 0005 0001 00000000 !2('b.test')"
                  " 'b.test' 0010 0001 00000000 !2(\"p=1\")") == "alias=b.test");
}

BOOST_AUTO_TEST_CASE(tells_who_does_not_answer_for_the_zone) {
  // A referral or hearsay, a refusal, a failure.
  BOOST_TEST(read(std::string{"1234 8000 0001 0000 0000 0000 "} + asked) == "lame");
  BOOST_TEST(read(std::string{"1234 8000 0001 0001 0000 0000 "} + asked +
                  " c00c 0010 0001 00000000 !2(\"p=1\")") == "lame");
  BOOST_TEST(read(std::string{"1234 8005 0001 0000 0000 0000 "} + asked) == "lame");
  BOOST_TEST(read(std::string{"1234 8402 0001 0000 0000 0000 "} + asked) == "failed");
  BOOST_TEST(read(std::string{"1234 8400 0001 0001 0000 0000 "} + asked + " c00c 0010") ==
             "failed");
}

BOOST_AUTO_TEST_CASE(takes_no_answer_to_another_question) {
  const std::string rest = " c00c 0010 0001 00000000 !2(\"p=1\")";
  BOOST_TEST(read("1235 8400 0001 0001 0000 0000 'a.test' 0010 0001" + rest) == "not ours");
  BOOST_TEST(read("1234 0400 0001 0001 0000 0000 'a.test' 0010 0001" + rest) == "not ours");
  BOOST_TEST(read("1234 8400 0001 0001 0000 0000 'b.test' 0010 0001" + rest) == "not ours");
  BOOST_TEST(read("1234 8400 0001 0001 0000 0000 'a.test' 0001 0001" + rest) == "not ours");
  BOOST_TEST(read("1234 8400 0000 0001 0000 0000" + rest) == "not ours");
  BOOST_TEST(read("1234 84") == "not ours");
  BOOST_TEST(read("1234 8400 0001 0000 0000 0000 'A.TEST' 0010 0001") == "alias=");
}

BOOST_AUTO_TEST_CASE(sees_that_an_answer_was_cut_off) {
  BOOST_TEST(
      query().is_cut_off(assemble(std::string{"1234 8600 0001 0000 0000 0000 "} + asked)));
  BOOST_TEST(
      !query().is_cut_off(assemble(std::string{"1235 8600 0001 0000 0000 0000 "} + asked)));
  BOOST_TEST(
      !query().is_cut_off(assemble(std::string{"1234 8400 0001 0000 0000 0000 "} + asked)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
