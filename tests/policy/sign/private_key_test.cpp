// SPDX-License-Identifier: Apache-2.0
// Private keys in every PEM form they come in.
#include "policy/sign/private_key.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/public_key.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

using tests::read_cases;

std::string brief(
    const Result<std::shared_ptr<const ports::PrivateKey>, PrivateKeyFault>& key) {
  if (!key) return "fault: " + std::string{to_text(key.fault())};
  return std::string{to_text((*key)->algorithm())} + " " + std::to_string((*key)->bits());
}

BOOST_AUTO_TEST_SUITE(private_keys)

BOOST_DATA_TEST_CASE(reads_pem, read_cases("sign/pem.cases"), c) {
  const auto key = parse_private_key(tests::unescaped(c["pem"]) + "\n");
  BOOST_TEST(brief(key) == c["want"]);
  if (!key) return;
  // What it signs verifies under the record it publishes, and so does its own PKCS#8.
  const auto again = parse_private_key((*key)->pem().view()).value();
  BOOST_TEST(again->public_record() == (*key)->public_record());
  auth::KeyRecord record;
  record.type = (*key)->algorithm() == ports::SigningAlgorithm::rsa_sha256
                    ? auth::KeyType::rsa
                    : auth::KeyType::ed25519;
  record.public_key = auth::decode_base64((*key)->public_record()).value();
  const auto published = auth::PublicKey::decode(record).value();
  const std::string digest(32, 'd');
  const auto signature = (*key)->sign(digest).value();
  BOOST_TEST(published.verifies(digest, signature));
  BOOST_TEST(!published.verifies(std::string(32, 'e'), signature));
  BOOST_TEST(auth::encode_base64(published.record_octets()) == (*key)->public_record());
}

BOOST_AUTO_TEST_CASE(text_longer_than_any_key_is_refused) {
  BOOST_TEST(brief(parse_private_key(std::string(100'000, 'x'))) ==
             "fault: no private key in PEM");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
