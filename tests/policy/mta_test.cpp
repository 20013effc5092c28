// SPDX-License-Identifier: Apache-2.0
#include "policy/mta.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <map>

#include "policy/rules/facts_text.h"
#include "tests/support/cases.h"

namespace milterward {
namespace {

class OneMacro final : public Macros {
 public:
  OneMacro(std::string name, std::string value)
      : name_(std::move(name)), value_(std::move(value)) {}
  std::string_view value(std::string_view name) const override {
    return name == name_ ? std::string_view{value_} : std::string_view{};
  }

 private:
  std::string name_;
  std::string value_;
};

BOOST_AUTO_TEST_CASE(the_version_macro_tells_the_mta) {
  BOOST_CHECK(mta_of(OneMacro{"v", "Postfix 3.7.11"}) == sign::Mta::postfix);
  BOOST_CHECK(mta_of(OneMacro{"v", "8.17.1.9"}) == sign::Mta::sendmail);
  BOOST_CHECK(mta_of(OneMacro{"{daemon_addr}", "127.0.0.1"}) == sign::Mta::postfix);
  BOOST_CHECK(mta_of(OneMacro{"j", "mx"}) == sign::Mta::other);
}

BOOST_DATA_TEST_CASE(reads_the_next_hop, tests::read_cases("mta/next_hop.cases"), c) {
  const auto mta = c["mta"] == "postfix" ? sign::Mta::postfix : sign::Mta::sendmail;
  BOOST_TEST(to_text(next_hop_of(mta, c["mailer"], c.get("host"))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(pickup_is_not_smtp) {
  const auto loopback = IpAddress::parse("127.0.0.1").value();
  BOOST_TEST(is_not_smtp(sign::Mta::postfix, {"localhost", loopback, 0}, "root@home.test"));
  BOOST_TEST(
      !is_not_smtp(sign::Mta::postfix, {"localhost", loopback, 0}, "<root@home.test>"));
  BOOST_TEST(
      !is_not_smtp(sign::Mta::postfix, {"localhost", loopback, 4711}, "root@home.test"));
  BOOST_TEST(!is_not_smtp(sign::Mta::postfix,
                          {"localhost", IpAddress::parse("192.0.2.1").value(), 0},
                          "root@home.test"));
  BOOST_TEST(is_not_smtp(sign::Mta::sendmail, {"local", {}, 0}, "<root@home.test>"));
}

}  // namespace
}  // namespace milterward
