// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/trouble_report.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward {
namespace {

std::string body_of(const std::string& lines) {
  std::string body;
  for (auto line : split(lines, '\n')) {
    if (line.starts_with('|')) line.remove_prefix(1);
    (body += line) += "\r\n";
  }
  return body;
}

std::string text_of(const TroubleReport& report) {
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  std::string text = report.is_complaint  ? "complaint "
                     : report.is_feedback ? "feedback "
                                          : "bounce ";
  text += or_dash(report.message_id);
  for (const auto& recipient : report.failed) text += " " + recipient;
  return text;
}

BOOST_DATA_TEST_CASE(reads_trouble_reports, tests::read_cases("mail/trouble_report.cases"),
                     c) {
  BOOST_TEST(text_of(parse_trouble_report(body_of(c["body"]))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(of_many_recipients_a_hundred_are_read) {
  std::string body = "--b\r\nContent-Type: message/delivery-status\r\n\r\n";
  for (int i = 0; i < 200; ++i)
    body += "Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\n\r\n";
  BOOST_TEST(parse_trouble_report(body).failed.size() == 100U);
}

}  // namespace
}  // namespace milterward
