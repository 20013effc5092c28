// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/pseudonym.h"

#include <boost/test/unit_test.hpp>

namespace milterward::sign {
namespace {

TraceSecret secret_of(std::uint8_t octet) {
  TraceSecret secret{};
  secret.fill(octet);
  return secret;
}

BOOST_AUTO_TEST_CASE(a_pseudonym_keeps_the_domain_and_hides_the_person) {
  const auto name = pseudonym_of("Joe@Example.org", secret_of(1));
  BOOST_TEST(name.size() == 17 + std::string{"@Example.org"}.size());
  BOOST_TEST(name.starts_with('~'));
  BOOST_TEST(name.ends_with("@Example.org"));
}

BOOST_AUTO_TEST_CASE(the_same_person_has_the_same_pseudonym_on_hosts_with_the_same_secret) {
  const auto hash = [](std::string_view address, std::uint8_t octet) {
    return pseudonym_of(address, secret_of(octet)).substr(0, 17);
  };
  BOOST_TEST(hash("joe@example.org", 1) == hash("JOE@example.ORG", 1));
  BOOST_TEST(hash("joe@example.org", 1) != hash("joe@example.org", 2));
  BOOST_TEST(hash("joe@example.org", 1) != hash("joe@example.net", 1));
}

BOOST_AUTO_TEST_CASE(a_name_in_reports_is_not_that_in_the_journal) {
  const auto secret = secret_of(1);
  const auto shown = pseudonym_of("joe@example.org", secret, PseudonymUse::report);
  BOOST_TEST(shown.size() == std::string_view{"~0123456789abcdef@example.org"}.size());
  BOOST_TEST(shown != pseudonym_of("joe@example.org", secret));
  BOOST_TEST(shown == pseudonym_of("JOE@example.org", secret, PseudonymUse::report));
}

BOOST_AUTO_TEST_CASE(nobody_and_pseudonyms_stay_as_they_are) {
  const auto secret = secret_of(1);
  BOOST_TEST(pseudonym_of("", secret) == "");
  BOOST_TEST(pseudonym_of("@example.org", secret) == "@example.org");
  const auto login = pseudonym_of("joe", secret);
  BOOST_TEST(login.size() == 17);
  BOOST_TEST(pseudonym_of(login, secret) == login);
}

}  // namespace
}  // namespace milterward::sign
