// SPDX-License-Identifier: Apache-2.0
// Secrets lie where no swap and no core dump takes them, and are gone when they go.
#include "policy/base/secret_text.h"

#include <boost/test/unit_test.hpp>
#include <utility>

#include "tests/support/contains.h"
#include "tests/support/memory_search.h"

namespace milterward::tests {
namespace {

BOOST_AUTO_TEST_SUITE(secret_text)

BOOST_AUTO_TEST_CASE(holds_the_text_with_a_nul_behind_it) {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U}) {
    SecretText secret{std::string(size, 'x')};
    BOOST_TEST(secret.view() == std::string(size, 'x'));
    BOOST_TEST(secret.octets()[size] == '\0');
  }
  BOOST_TEST(SecretText{}.view() == "");
}

BOOST_AUTO_TEST_CASE(is_taken_from_where_it_lay) {
  std::string text = "a PIN of some length, so that it lies on the heap";
  const auto* const where = text.data();
  const auto secret = SecretText::taken_from(text);
  BOOST_TEST(secret.view() == "a PIN of some length, so that it lies on the heap");
  BOOST_TEST(text.empty());
  BOOST_TEST((std::string{where, 49} == std::string(49, '\0')));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_longer_text_left_is_wiped_too) {
  std::string text(100, 's');
  const auto* const where = text.data();
  text.resize(1);
  wipe(text);
  BOOST_TEST((std::string{where, 100} == std::string(100, '\0')));
}

BOOST_AUTO_TEST_CASE(moves_and_leaves_nothing_behind) {
  SecretText first{std::string_view{"first"}};
  const auto* const where = first.octets();
  SecretText second = std::move(first);
  BOOST_TEST(second.octets() == where);
  BOOST_TEST(first.view() == "");  // NOLINT(bugprone-use-after-move): it says it is empty
  second = SecretText{std::string_view{"second"}};
  BOOST_TEST(second.view() == "second");
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_is_wiped) {
  SecretText secret{std::string_view{"1234\n"}};
  secret.shorten_to(4);
  BOOST_TEST(secret.view() == "1234");
  BOOST_TEST(secret.octets()[4] == '\0');
  secret.shorten_to(9);
  BOOST_TEST(secret.size() == 4U);
}

// The sanitizers lock nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
BOOST_AUTO_TEST_CASE(is_locked_and_left_out_of_core_dumps) {
  SecretText secret{std::string_view{"1234"}};
  const auto flags = mapping_flags(secret.octets());
  BOOST_TEST(contains(flags, " dd"), flags);
  BOOST_TEST(contains(flags, " lo") == secret.is_locked(), flags);
  BOOST_TEST(secret.is_locked());
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
