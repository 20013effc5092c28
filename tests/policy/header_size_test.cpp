// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/connection.h"
#include "policy/rules/header_size.h"
#include "policy/services.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_directory.h"
#include "tests/support/fake_resolver.h"

namespace milterward {
namespace {

struct NoMacros final : Macros {
  std::string_view value(std::string_view) const override { return {}; }
};

std::shared_ptr<const Services> services() {
  auto services = std::make_shared<Services>();
  services->config = std::make_shared<const conf::Config>(tests::configuration());
  services->clock = std::make_shared<tests::FakeClock>();
  services->directory = std::make_shared<const tests::FakeDirectory>();
  services->dns = std::make_shared<tests::FakeResolver>();
  services->spf = std::make_shared<const auth::NativeSpfChecker>();
  services->dkim_verifier =
      std::make_shared<const auth::NativeDkimVerifier>(conf::BodyLength::whole);
  services->keys = std::make_shared<const sign::KeyRing>();
  services->trace_secret = {1};
  services->authserv_id = "mx.home.test";
  return services;
}

/// What becomes of a stranger's message with that many more fields, in monitor mode.
std::string verdict_on(std::size_t fields, const std::string& value) {
  Connection connection{services()};
  const NoMacros none;
  connection.connect({"mx.example.org", IpAddress::parse("192.0.2.1").value(), 25}, none);
  connection.helo("mx.example.org", none);
  connection.mail({"<a@example.org>", {}}, none);
  connection.rcpt({"<bob@home.test>", {}}, none);
  connection.header("From", " a@example.org");
  for (std::size_t i = 0; i < fields; ++i) connection.header("Milterward-Trace", value);
  connection.end_of_headers(none);
  connection.body("x\r\n");
  return to_text(connection.end_of_message(none));
}

constexpr const char* too_large =
    "reject header.too_large 552 5.3.4 Message header too large";

BOOST_AUTO_TEST_CASE(a_header_at_the_limit_of_fields_is_examined) {
  BOOST_TEST(verdict_on(rules::header_field_limit - 1, " x") == "accept inbound.accepted");
}

BOOST_AUTO_TEST_CASE(one_field_more_is_refused_in_every_mode) {
  BOOST_TEST(verdict_on(rules::header_field_limit, " x") == too_large);
}

BOOST_AUTO_TEST_CASE(octets_beyond_the_limit_are_refused) {
  const std::string value(rules::header_octet_limit / 16, 'x');
  BOOST_TEST(verdict_on(15, value) == "accept inbound.accepted");
  BOOST_TEST(verdict_on(16, value) == too_large);
}

BOOST_AUTO_TEST_CASE(a_content_without_a_transaction_waits) {
  Connection connection{services()};
  const NoMacros none;
  BOOST_TEST(connection.rcpt({"<bob@home.test>", {}}, none).refuses());
  BOOST_TEST(connection.end_of_message(none).refuses());
}

}  // namespace
}  // namespace milterward
