// SPDX-License-Identifier: Apache-2.0
// Does DNS show exactly the public half of a key?
#include "policy/sign/key_shown.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/sign/key_publication.h"
#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

const ports::PrivateKey& key() {
  static const auto the_key =
      parse_private_key(
          make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view())
          .value();
  return *the_key;
}

std::string with_key(std::string text) {
  for (auto at = text.find("$P"); at != std::string::npos; at = text.find("$P"))
    text.replace(at, 2, key().public_record());
  return text;
}

BOOST_AUTO_TEST_SUITE(key_shown)

BOOST_DATA_TEST_CASE(looks_at_records, tests::read_cases("sign/key_shown.cases"), c) {
  std::vector<std::string> texts;
  for (const auto& text : c.all("txt")) texts.push_back(with_key(text));
  BOOST_TEST(to_text(shown_by(texts, key())) == c["want"]);
}

BOOST_AUTO_TEST_CASE(what_we_print_is_what_we_look_for) {
  BOOST_TEST((shown_by({key_record_text(key())}, key()) == Shown::yes));
  BOOST_TEST((shown_by({revoked_record_text(key())}, key()) == Shown::revoked));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
