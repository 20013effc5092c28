// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/received_spf.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using ports::SpfResult;

SpfResult result_named(const std::string& word) {
  for (const auto result :
       {SpfResult::none, SpfResult::neutral, SpfResult::pass, SpfResult::fail,
        SpfResult::softfail, SpfResult::temperror, SpfResult::permerror})
    if (word == ports::to_text(result)) return result;
  throw std::runtime_error("no result: " + word);
}

auth::ReceivedSpf checked_in(const Case& c) {
  auth::ReceivedSpf checked;
  checked.identity =
      c.get("for") == "helo" ? ports::SpfIdentity::helo : ports::SpfIdentity::mail_from;
  checked.receiver = "mx.home.test";
  checked.client = IpAddress::parse(c["ip"]).value();
  checked.helo = unescaped(c.get("helo"));
  checked.mail_from = unescaped(c.get("sender"));
  if (c.has("smtputf8")) checked.text = FieldText::utf8;
  return checked;
}

ports::SpfFinding finding_in(const Case& c) {
  ports::SpfFinding finding;
  finding.result = result_named(c["result"]);
  finding.domain = c.get("domain");
  finding.mechanism = c.get("term");
  finding.reason = unescaped(c.get("reason"));
  return finding;
}

/// As the case writes it: no carriage returns, no white space around lines.
std::string lines_of(const std::string& value) {
  std::string lines;
  for (const auto line : split(value, '\n')) {
    if (!lines.empty()) lines += '\n';
    lines += trim(line);
  }
  return lines;
}

}  // namespace

BOOST_DATA_TEST_CASE(received_spf_fields, read_cases("auth/spf/received_spf.cases"), c) {
  const auto field = auth::received_spf_field(checked_in(c), finding_in(c));
  BOOST_TEST(field.name == "Received-SPF");
  BOOST_TEST(field.value.starts_with(' '));
  BOOST_TEST(lines_of(field.value) == c["want"]);
}

BOOST_AUTO_TEST_CASE(no_line_of_a_received_spf_field_is_too_long) {
  const std::string endless(4000, '"');
  const auth::ReceivedSpf checked{ports::SpfIdentity::mail_from,
                                  endless,
                                  IpAddress{},
                                  endless,
                                  endless,
                                  FieldText::utf8};
  ports::SpfFinding finding;
  finding.result = SpfResult::permerror;
  finding.domain = endless;
  finding.reason = endless;
  for (const auto line : split(auth::received_spf_field(checked, finding).value, '\n'))
    BOOST_TEST(line.size() <= 998U);
}

}  // namespace milterward::tests
