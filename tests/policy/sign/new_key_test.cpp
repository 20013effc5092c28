// SPDX-License-Identifier: Apache-2.0
// Keys that are made here: our signer takes them, our verifier takes their record.
#include "policy/sign/new_key.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "policy/auth/dkim/public_key.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/private_key.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

using ports::SigningAlgorithm;

std::shared_ptr<const ports::PrivateKey> new_key(SigningAlgorithm algorithm,
                                                 unsigned bits = 2048) {
  return parse_private_key(make_private_key(algorithm, bits).value().view()).value();
}

BOOST_AUTO_TEST_SUITE(new_keys)

BOOST_AUTO_TEST_CASE(a_new_key_signs_what_its_record_verifies) {
  for (const auto algorithm :
       {SigningAlgorithm::rsa_sha256, SigningAlgorithm::ed25519_sha256}) {
    const auto key = new_key(algorithm);
    BOOST_TEST((key->algorithm() == algorithm));
    const auto record = auth::parse_key_record(key_record_text(*key)).value();
    BOOST_TEST((record.type == auth::type_for(algorithm)));
    const auto published = auth::PublicKey::decode(record).value();
    const std::string digest(32, 'd');
    BOOST_TEST(published.verifies(digest, key->sign(digest).value()));
    BOOST_TEST(published.bits() == key->bits());
  }
}

BOOST_AUTO_TEST_CASE(the_size_is_that_asked_for) {
  BOOST_TEST(new_key(SigningAlgorithm::rsa_sha256, 3072)->bits() == 3072U);
}

BOOST_AUTO_TEST_CASE(sizes_that_receivers_refuse_or_dns_cannot_carry_are_faults) {
  for (const auto bits : {1024U, 2047U, 4097U})
    BOOST_TEST(!make_private_key(SigningAlgorithm::rsa_sha256, bits).has_value());
}

BOOST_AUTO_TEST_CASE(no_two_keys_are_the_same) {
  BOOST_TEST(new_key(SigningAlgorithm::ed25519_sha256)->public_record() !=
             new_key(SigningAlgorithm::ed25519_sha256)->public_record());
}

BOOST_AUTO_TEST_CASE(the_record_of_a_revoked_key_is_read_as_revoked) {
  const auto text = revoked_record_text(*new_key(SigningAlgorithm::ed25519_sha256));
  BOOST_TEST((auth::parse_key_record(text).fault() == auth::KeyRecordFault::revoked));
}

BOOST_DATA_TEST_CASE(texts_are_split_for_dns, tests::read_cases("sign/txt_records.cases"),
                     c) {
  const auto text = tests::unescaped(c["text"]);
  const auto strings = txt_strings(text);
  BOOST_TEST(std::accumulate(strings.begin(), strings.end(), std::string{}) == text);
  std::string sizes;
  for (const auto& string : strings)
    sizes += (sizes.empty() ? "" : " ") + std::to_string(string.size());
  BOOST_TEST(sizes == c["sizes"]);
  BOOST_TEST(zone_file_record("s._domainkey.example.org", text) ==
             tests::unescaped(c["zone"]));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
