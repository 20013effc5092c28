// SPDX-License-Identifier: Apache-2.0
// When a private key goes, nothing of it stays in our memory: neither its text nor one of
// its numbers, in either order of octets.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "policy/sign/new_key.h"
#include "policy/sign/openssl_memory.h"
#include "policy/sign/private_key.h"
#include "tests/support/memory_search.h"

// The sanitizers keep what was freed, and have more memory mapped than could be searched.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace milterward::sign {
namespace {

using ports::SigningAlgorithm;
namespace bdata = boost::unit_test::data;

/// Before main, as the program does it first of all.
const bool openssl_wipes = wipe_what_openssl_frees();

const std::vector<SigningAlgorithm> algorithms{SigningAlgorithm::rsa_sha256,
                                               SigningAlgorithm::ed25519_sha256};

std::string found(const std::vector<tests::Needle>& needles) {
  return fmt::format("{}", fmt::join(tests::found_in_memory(needles), ", "));
}

BOOST_AUTO_TEST_SUITE(key_memory)

BOOST_AUTO_TEST_CASE(openssl_is_told_in_time) { BOOST_TEST(openssl_wipes); }

BOOST_DATA_TEST_CASE(nothing_stays_of_a_key_that_was_made_and_signed,
                     bdata::xrange(algorithms.size()), index) {
  std::vector<tests::Needle> needles;
  {
    const auto pem = make_private_key(algorithms[index]);
    BOOST_REQUIRE(pem.has_value());
    needles = tests::needles_of(pem->view());
    auto key = parse_private_key(pem->view()).value();
    BOOST_TEST(key->sign(std::string(32, 'd')).has_value());
    BOOST_TEST(key->pem().view() == pem->view());
    BOOST_TEST(found(needles) != "");  // the search does find what is there
  }
  BOOST_TEST(found(needles) == "");
}

BOOST_AUTO_TEST_CASE(nothing_stays_of_a_key_that_is_not_taken) {
  // One letter is wrong; the others are as secret as before.
  std::vector<tests::Needle> needles;
  {
    auto key = make_private_key(SigningAlgorithm::rsa_sha256);
    BOOST_REQUIRE(key.has_value());
    needles = tests::needles_of(key->view());
    key->octets()[100] = '!';
    BOOST_TEST(!parse_private_key(key->view()).has_value());
  }
  BOOST_TEST(found(needles) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
#endif
