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

BOOST_AUTO_TEST_CASE(a_megabyte_of_anything_is_judged) {
  for (const std::string_view piece :
       {"(", "\"", "a ", "(a)", ";", "\\", "\xc3\xbc ", "a.", "=", "\r\n "}) {
    std::string field;
    while (field.size() < 1024 * 1024) field += piece;
    BOOST_TEST(!claims_authserv_id(field, "mx.home.test"));
    BOOST_TEST(claims_authserv_id("mx.home.test " + field, "mx.home.test"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
