// SPDX-License-Identifier: Apache-2.0
// Our own engine decides every case as RFC 7208 does, whether it asks early or not.
#include "policy/auth/spf/native_checker.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"
#include "tests/support/spf_cases.h"

namespace milterward::tests {
namespace {

const auth::NativeSpfChecker early;
const auth::NativeSpfChecker serial{auth::SpfHost{.prefetch = auth::SpfPrefetch::off}};

void agree(const Case& c) {
  BOOST_TEST(spf_difference(c, early) == "");
  BOOST_TEST(spf_difference(c, serial) == "");
}

}  // namespace

BOOST_DATA_TEST_CASE(domains_and_records, read_cases("auth/spf/records.cases"), c) {
  agree(c);
}
BOOST_DATA_TEST_CASE(mechanisms, read_cases("auth/spf/mechanisms.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(modifiers, read_cases("auth/spf/modifiers.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(macros, read_cases("auth/spf/macros.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(limits, read_cases("auth/spf/limits.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(hostile_records, read_cases("auth/spf/hostile.cases"), c) { agree(c); }

}  // namespace milterward::tests
