// SPDX-License-Identifier: Apache-2.0
// Which incoming fields claim to be ours: the cases of auth/authres/authserv_id.cases.
#include "policy/auth/authres/authserv_id.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

using tests::read_cases;
using tests::unescaped;

BOOST_AUTO_TEST_SUITE(authserv_ids)

BOOST_DATA_TEST_CASE(recognises_claims, read_cases("auth/authres/authserv_id.cases"), c) {
  const bool ours = claims_authserv_id(unescaped(c["field"]), c.get("id", "mx.home.test"));
  BOOST_TEST((ours ? "ours" : "not ours") == c["want"]);
}

std::string megabyte_of(std::string_view piece) {
  std::string text;
  while (text.size() < 1024 * 1024) text += piece;
  return text;
}

BOOST_AUTO_TEST_CASE(an_id_hidden_among_a_megabyte_of_words_is_a_claim) {
  for (const std::string_view piece :
       {"(", "\"", "a ", "\\", "\xc3\xbc ", "a.", "=", "\"a\""})
    BOOST_TEST(claims_authserv_id(megabyte_of(piece), "mx.home.test"), "piece " << piece);
}

BOOST_AUTO_TEST_CASE(an_id_hidden_among_words_beyond_ascii_is_a_claim) {
  const auto field = [](std::size_t words) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += "\xc3\xbc/";
    return text + "; spf=pass";
  };
  BOOST_TEST(!claims_authserv_id(field(16), "mx.home.test"));
  BOOST_TEST(claims_authserv_id(field(17), "mx.home.test"));
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_comments_blanks_or_separators_hides_nothing) {
  for (const std::string_view piece : {"(a)", ";", "\r\n ", "(\xc3\xbc) "}) {
    BOOST_TEST(!claims_authserv_id(megabyte_of(piece), "mx.home.test"));
    BOOST_TEST(claims_authserv_id(megabyte_of(piece) + "mx.home.test", "mx.home.test"));
    BOOST_TEST(claims_authserv_id("mx.home.test " + megabyte_of(piece), "mx.home.test"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
