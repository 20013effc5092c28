// SPDX-License-Identifier: Apache-2.0
// The libspf2 engine decides the same cases as our own: what hurts the library does not
// reach it.
#include "policy/backends/spf2_checker.h"

#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "policy/auth/spf/native_checker.h"
#include "tests/support/cases.h"
#include "tests/support/spf_cases.h"

namespace milterward::tests {
namespace {

const ports::SpfChecker& spf2() {
  static const auto checker = backends::Spf2Checker::load();
  BOOST_REQUIRE_MESSAGE(checker, "libspf2 cannot be loaded");
  return **checker;
}

void agree(const Case& c) { BOOST_TEST(spf_difference(c, spf2()) == ""); }

}  // namespace

BOOST_AUTO_TEST_SUITE(spf2_checker)

BOOST_DATA_TEST_CASE(domains_and_records, read_cases("auth/spf/records.cases"), c) {
  agree(c);
}
BOOST_DATA_TEST_CASE(mechanisms, read_cases("auth/spf/mechanisms.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(modifiers, read_cases("auth/spf/modifiers.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(macros, read_cases("auth/spf/macros.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(limits, read_cases("auth/spf/limits.cases"), c) { agree(c); }
BOOST_DATA_TEST_CASE(hostile_records, read_cases("auth/spf/hostile.cases"), c) { agree(c); }

BOOST_AUTO_TEST_CASE(one_checker_serves_many_threads) {
  const auto cases = read_cases("auth/spf/limits.cases");
  const auth::NativeSpfChecker native;
  const std::vector<const ports::SpfChecker*> checkers{&native, &spf2()};
  std::atomic<int> differences = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (const auto& c : cases)
        for (const auto* checker : checkers)
          if (!spf_difference(c, *checker).empty()) ++differences;
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(differences == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
