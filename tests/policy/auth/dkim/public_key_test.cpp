// SPDX-License-Identifier: Apache-2.0
// Which octets in p= are a key, and which only look like one.
#include "policy/auth/dkim/public_key.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <string>
#include <vector>

#include "policy/auth/dkim/key_operation.h"
#include "tests/support/openssl_keys.h"

namespace milterward::auth {
namespace {

using tests::bare_public_key;
using tests::make_key;
using tests::raw_public_key;
using tests::subject_public_key_info;

const std::string digest(32, 'd');

std::string brief(KeyType type, const std::string& octets) {
  KeyRecord record;
  record.type = type;
  record.public_key = octets;
  const auto key = PublicKey::decode(record);
  return key ? std::to_string(key->bits()) + " bits" : std::string{to_text(key.fault())};
}

PublicKey decoded(KeyType type, const std::string& octets) {
  KeyRecord record;
  record.type = type;
  record.public_key = octets;
  return PublicKey::decode(record).value();
}

BOOST_AUTO_TEST_SUITE(dkim_public_keys)

BOOST_AUTO_TEST_CASE(rsa_keys_come_in_two_forms) {
  const auto key = make_key("RSA", 2048);
  const auto signing =
      KeyOperation::prepare(key.get(), KeyType::rsa, KeyOperation::Kind::sign).value();
  const auto signature = signing.sign(digest);
  for (const auto& octets :
       {subject_public_key_info(key.get()), bare_public_key(key.get())}) {
    const auto published = decoded(KeyType::rsa, octets);
    BOOST_TEST(published.bits() == 2048U);
    BOOST_TEST((published.type() == KeyType::rsa));
    BOOST_TEST(published.verifies(digest, signature));
    BOOST_TEST(!published.verifies(std::string(32, 'e'), signature));
    BOOST_TEST(!published.verifies(digest, signature.substr(1)));
    BOOST_TEST(!published.verifies(digest, ""));
    BOOST_TEST((published.record_octets() == subject_public_key_info(key.get())));
  }
}

BOOST_AUTO_TEST_CASE(ed25519_keys_are_32_octets) {
  const auto key = make_key("ED25519");
  const auto signing =
      KeyOperation::prepare(key.get(), KeyType::ed25519, KeyOperation::Kind::sign).value();
  const auto signature = signing.sign(digest);
  const auto published = decoded(KeyType::ed25519, raw_public_key(key.get()));
  BOOST_TEST(published.bits() == 256U);
  BOOST_TEST(published.verifies(digest, signature));
  BOOST_TEST(!published.verifies(std::string(32, 'e'), signature));
  BOOST_TEST((published.record_octets() == raw_public_key(key.get())));
  BOOST_TEST(brief(KeyType::ed25519, subject_public_key_info(key.get())) ==
             "key cannot be decoded");
  BOOST_TEST(brief(KeyType::rsa, subject_public_key_info(key.get())) ==
             "key cannot be decoded");
}

BOOST_AUTO_TEST_CASE(keys_too_small_are_refused) {
  BOOST_TEST(brief(KeyType::rsa, subject_public_key_info(make_key("RSA", 1024).get())) ==
             "1024 bits");
  BOOST_TEST(brief(KeyType::rsa, subject_public_key_info(make_key("RSA", 1016).get())) ==
             "RSA key of less than 1024 bits");
  BOOST_TEST(brief(KeyType::rsa, bare_public_key(make_key("RSA", 512).get())) ==
             "RSA key of less than 1024 bits");
}

/// SEQUENCE { INTEGER, INTEGER } of so many bits. No key, but it looks like one.
std::string large_rsa_public_key(std::size_t modulus_bits, std::size_t exponent_bits) {
  const auto sized = [](char tag, const std::string& content) {
    const auto size = content.size();
    return std::string{tag, '\x82', static_cast<char>(size >> 8),
                       static_cast<char>(size & 0xff)} +
           content;
  };
  const auto number = [&](std::size_t bits) {
    return sized('\x02', std::string(1, '\0') + std::string(bits / 8, '\xff'));
  };
  return sized('\x30', number(modulus_bits) + number(exponent_bits));
}

BOOST_AUTO_TEST_CASE(keys_too_large_are_refused) {
  BOOST_TEST(brief(KeyType::rsa, large_rsa_public_key(8192, 16)) == "8192 bits");
  BOOST_TEST(brief(KeyType::rsa, large_rsa_public_key(8200, 16)) ==
             "RSA key of more than 8192 bits");
}

BOOST_AUTO_TEST_CASE(exponents_too_large_are_refused) {
  BOOST_TEST(brief(KeyType::rsa, large_rsa_public_key(2048, 64)) == "2048 bits");
  for (const std::size_t bits : {72, 2048})
    BOOST_TEST(brief(KeyType::rsa, large_rsa_public_key(2048, bits)) ==
               "RSA key with an exponent of more than 64 bits");
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused) {
  const auto key = make_key("RSA", 2048);
  const auto whole = subject_public_key_info(key.get());
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(brief(KeyType::rsa, whole.substr(0, size)) == "key cannot be decoded",
               "the first " << size << " octets");
  const auto bare = bare_public_key(key.get());
  for (const auto& octets :
       {whole + '\0', bare + '\0', bare.substr(0, bare.size() - 1), std::string(300, '0'),
        subject_public_key_info(make_key("EC").get()),
        subject_public_key_info(make_key("RSA-PSS", 2048).get())})
    BOOST_TEST(brief(KeyType::rsa, octets) == "key cannot be decoded");
}

// A context is set up once and copied; the copies must not meet.
BOOST_AUTO_TEST_CASE(threads_share_a_key) {
  for (const auto type : {KeyType::rsa, KeyType::ed25519}) {
    const auto key = type == KeyType::rsa ? make_key("RSA", 2048) : make_key("ED25519");
    const auto signing =
        KeyOperation::prepare(key.get(), type, KeyOperation::Kind::sign).value();
    const auto published =
        decoded(type, type == KeyType::rsa ? subject_public_key_info(key.get())
                                           : raw_public_key(key.get()));
    std::vector<std::future<int>> threads;
    for (const char name : {'a', 'b', 'c', 'e'})
      threads.push_back(std::async(std::launch::async, [&, name] {
        const std::string own(32, name);
        int verified = 0;
        for (int round = 0; round < 50; ++round) {
          const auto signature = signing.sign(own);
          verified +=
              published.verifies(own, signature) && !published.verifies(digest, signature);
        }
        return verified;
      }));
    for (auto& thread : threads) BOOST_TEST(thread.get() == 50);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
