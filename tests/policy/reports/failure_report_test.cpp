// SPDX-License-Identifier: Apache-2.0
// A failure report octet by octet, and what makes two failures one incident.
#include "policy/reports/failure_report.h"

#include <boost/test/unit_test.hpp>

#include "policy/base/ascii.h"
#include "policy/reports/redaction.h"

namespace milterward::reports {
namespace {

FailureIncident some_incident() {
  return {AuthFailure::dmarc,
          true,
          true,
          DeliveryResult::reject,
          "192.0.2.7",
          "news.bank.test",
          "bank.test",
          "spf=fail bank.test/s1=fail"};
}

FailedMessage some_message() {
  FailedMessage message;
  message.authserv_id = "mx.test";
  message.authres =
      " mx.test;\r\n\tspf=fail smtp.mailfrom=bank.test;\r\n\tdmarc=fail "
      "header.from=news.bank.test";
  message.mail_from = "~0123456789abcdef@bank.test";
  message.arrival = WallTime{std::chrono::seconds{1'795'824'100}};
  message.signature = {"bank.test", "", "s1"};
  message.spf = {{"bank.test", "v=spf1 include:\"a\" -all"}};
  message.header =
      "From: <~0123456789abcdef@news.bank.test>\r\nMessage-ID: <1@bank.test>\r\n";
  return message;
}

FailureMail some_failure_mail(std::uint64_t messages) {
  return {"dmarc@mx.test",
          "mx.test",
          {"f@bank.test"},
          "bank.test",
          "d41d8cn1p1",
          "d41d8cn1p1.0123abcd",
          WallTime{std::chrono::seconds{1'795'824'100}},
          failure_parts({"d41d8cn1p1", "mx.test", "bank.test", messages,
                         example_of(some_incident(), some_message())})};
}

BOOST_AUTO_TEST_SUITE(failure_reports)

BOOST_AUTO_TEST_CASE(a_report_is_this_text) {
  BOOST_TEST(
      mail_text(some_failure_mail(3)) ==
      "Date: Sat, 28 Nov 2026 00:01:40 +0000\r\n"
      "From: <dmarc@mx.test>\r\n"
      "To: <f@bank.test>\r\n"
      "Subject: DMARC failure report about bank.test\r\n"
      " from mx.test\r\n"
      "Message-ID: <d41d8cn1p1.0123abcd@mx.test>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=feedback-report;\r\n"
      " boundary=\"=_d41d8cn1p1\"\r\n"
      "\r\n"
      "--=_d41d8cn1p1\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "This is a DMARC failure report (RFC 9991) about mail in the name of\r\n"
      "bank.test\r\n"
      "that came to mx.test.\r\n"
      "It was asked for by ruf= in the DMARC record of that domain, and stands for\r\n"
      "3 messages of the same kind. What names people was taken out.\r\n"
      "--=_d41d8cn1p1\r\n"
      "Content-Type: message/feedback-report\r\n"
      "\r\n"
      "Feedback-Type: auth-failure\r\n"
      "User-Agent: Milterward/" MILTERWARD_VERSION
      "\r\n"
      "Version: 1\r\n"
      "Auth-Failure: dmarc\r\n"
      "Identity-Alignment: dkim, spf\r\n"
      "Delivery-Result: reject\r\n"
      "Authentication-Results: mx.test; spf=fail smtp.mailfrom=bank.test; "
      "dmarc=fail\r\n"
      " header.from=news.bank.test\r\n"
      "Original-Mail-From: <~0123456789abcdef@bank.test>\r\n"
      "Arrival-Date: Sat, 28 Nov 2026 00:01:40 +0000\r\n"
      "Source-IP: 192.0.2.7\r\n"
      "Reported-Domain: news.bank.test\r\n"
      "Reporting-MTA: dns; mx.test\r\n"
      "DKIM-Domain: bank.test\r\n"
      "DKIM-Identity: @bank.test\r\n"
      "DKIM-Selector: s1\r\n"
      "SPF-DNS: txt : bank.test : \"v=spf1 include:\\\"a\\\" -all\"\r\n"
      "Incidents: 3\r\n"
      "\r\n"
      "--=_d41d8cn1p1\r\n"
      "Content-Type: text/rfc822-headers\r\n"
      "\r\n"
      "From: <~0123456789abcdef@news.bank.test>\r\n"
      "Message-ID: <1@bank.test>\r\n"
      "\r\n"
      "--=_d41d8cn1p1--\r\n");
}

BOOST_AUTO_TEST_CASE(one_message_is_no_number_of_incidents) {
  const auto text = mail_text(some_failure_mail(1));
  BOOST_TEST(text.find("Incidents:") == std::string::npos);
  BOOST_TEST(text.find("1 message of the same kind") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_methods_that_failed_are_named) {
  auto incident = some_incident();
  const auto alignment = [&] {
    const auto text = example_of(incident, some_message());
    const auto at = text.find("Identity-Alignment: ") + 20;
    return text.substr(at, text.find("\r\n", at) - at);
  };
  incident.spf_failed = false;
  BOOST_TEST(alignment() == "dkim");
  incident.dkim_failed = false;
  BOOST_TEST(alignment() == "none");
  incident.spf_failed = true;
  BOOST_TEST(alignment() == "spf");
}

BOOST_AUTO_TEST_CASE(what_was_not_found_has_no_field) {
  auto message = some_message();
  message.signature.reset();
  message.spf.clear();
  const auto text = example_of(some_incident(), message);
  BOOST_TEST(text.find("DKIM-") == std::string::npos);
  BOOST_TEST(text.find("SPF-DNS") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(strangers_words_stay_in_their_field) {
  auto message = some_message();
  message.mail_from = "a\r\n\r\n--=_d41d8cn1p1\r\nb@bank.test";
  message.spf = {
      {"bank.test", "v=spf1 \"\r\n\r\nIncidents: 9\" " + std::string(4000, 'x')}};
  message.signature = {"a\r\nb.test", std::string(3000, 'i'), {"s\0\x7f", 3}};
  const auto text = example_of(some_incident(), message);
  BOOST_TEST(text.find("\r\n\r\n") == text.size() - message.header.size() - 4);
  BOOST_TEST(text.find("\r\nIncidents") == std::string::npos);
  BOOST_TEST(text.find("\r\n--") == std::string::npos);
  for (const auto line : split(text, '\n')) BOOST_TEST(line.size() < 998u);
}

BOOST_AUTO_TEST_CASE(incidents_differ_in_what_their_domain_could_mend) {
  const auto incident = to_text(some_incident());
  BOOST_TEST(incident ==
             "failure\tdmarc\tdkim, spf\treject\t192.0.2.7\tnews.bank.test\tbank.test\t"
             "spf=fail bank.test/s1=fail");
  auto other = some_incident();
  other.source_ip = "192.0.2.8";
  BOOST_TEST(to_text(other) != incident);
  other = some_incident();
  other.failure = AuthFailure::spf;
  BOOST_TEST(to_text(other) != incident);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
