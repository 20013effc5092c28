// SPDX-License-Identifier: Apache-2.0
// The quick reader of private keys takes what keygen and openssl write, and leaves all else
// to the slow one; what both make of PEM is in private_key_test.cpp.
#include "policy/sign/plain_key.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

BOOST_AUTO_TEST_SUITE(plain_keys)

BOOST_AUTO_TEST_CASE(what_keygen_makes_is_read_with_text_around_it) {
  for (const auto algorithm :
       {ports::SigningAlgorithm::rsa_sha256, ports::SigningAlgorithm::ed25519_sha256}) {
    const std::string pem{make_private_key(algorithm).value().view()};
    const auto key = read_plain_key("of example.org\n" + pem + "the end\n");
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST((key->algorithm == algorithm));
    std::string with_returns;
    for (const char c : pem) with_returns += c == '\n' ? "\r\n" : std::string{c};
    BOOST_TEST(read_plain_key(with_returns).has_value());
  }
}

BOOST_DATA_TEST_CASE(usable_keys_are_read_quickly_and_unusable_ones_never,
                     tests::read_cases("sign/pem.cases"), c) {
  const bool is_usable = !c["want"].starts_with("fault");
  // That a key is too short is for the caller to say.
  const bool is_short = c["want"].find("less than 1024") != std::string::npos;
  BOOST_TEST(read_plain_key(tests::unescaped(c["pem"]) + "\n").has_value() ==
             (is_usable || is_short));
}

BOOST_AUTO_TEST_CASE(a_key_behind_another_block_is_left_to_the_slow_reader) {
  const std::string pem{
      make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view()};
  const auto behind = "-----BEGIN REMARK-----\naGVsbG8=\n-----END REMARK-----\n" + pem;
  BOOST_TEST(!read_plain_key(behind).has_value());
  BOOST_TEST(parse_private_key(behind).has_value());
}

BOOST_AUTO_TEST_CASE(every_octet_of_a_key_counts) {
  // One that is wrong makes it another key's, or none. The first line and the last few
  // characters also hold octets that say nothing of the key.
  const std::string pem{
      make_private_key(ports::SigningAlgorithm::rsa_sha256).value().view()};
  const auto first = pem.find('\n') + 65;
  const auto last = pem.find("-----END") - 8;
  int read = 0;
  for (auto at = first; at < last; at += 7) {
    auto wrong = pem;
    if (wrong[at] == '\n' || wrong[at] == '=') continue;
    wrong[at] = wrong[at] == 'A' ? 'B' : 'A';
    read += read_plain_key(wrong).has_value();
  }
  BOOST_TEST(read == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
