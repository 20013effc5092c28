// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/conversations/talk.h"

namespace milterward::tests {
namespace {

constexpr auto native = conf::DkimEngine::native;
constexpr auto libopendkim = conf::DkimEngine::libopendkim;

BOOST_DATA_TEST_CASE(inbound, read_cases("conversations/inbound.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(inbound_by_libopendkim, read_cases("conversations/inbound.cases"), c) {
  play(libopendkim, c);
}
BOOST_DATA_TEST_CASE(submission, read_cases("conversations/submission.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(submission_by_libopendkim,
                     read_cases("conversations/submission.cases"), c) {
  play(libopendkim, c);
}
BOOST_DATA_TEST_CASE(returned, read_cases("conversations/returned.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(spf, read_cases("conversations/spf.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(arc, read_cases("conversations/arc.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(identity, read_cases("conversations/identity.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(dmarc, read_cases("conversations/dmarc.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(dmarc_while_dns_answers, read_cases("conversations/dns_errors.cases"),
                     c) {
  play(native, c);
}

/// The conversation with one more record and without expectations.
Case with_zone(const Case& conversation, const std::string& record) {
  Case changed{conversation.file, conversation.line, {}};
  for (const auto& field : conversation.fields) {
    if (field.first == "connect") changed.fields.emplace_back("zone", record);
    if (field.first != "want" && field.first != "log") changed.fields.push_back(field);
  }
  return changed;
}

/// Each question of a message finds no answer in turn: no refusal for good may rest on what
/// is left. RFC 9989 section 5.3.6.
BOOST_DATA_TEST_CASE(no_dns_error_leads_to_a_refusal,
                     read_cases("conversations/dns_errors.cases"), c) {
  const auto whole = play(native, c);
  BOOST_TEST(whole.asked.size() >= 5U);
  for (const auto& question : whole.asked)
    for (const char* fault : {"TIMEOUT", "SERVFAIL", "BOGUS"}) {
      const auto record =
          fmt::format("{} {} {}", question.name, ports::to_text(question.type), fault);
      const auto broken = play(native, with_zone(c, record));
      BOOST_TEST((broken.verdict.action != Action::reject),
                 record << ": " << to_text(broken.verdict));
    }
}
BOOST_DATA_TEST_CASE(authres, read_cases("conversations/authres.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(eai, read_cases("conversations/eai.cases"), c) { play(native, c); }

std::vector<Case> torture() {
  return after_the_first(read_cases("conversations/torture.cases"));
}
BOOST_AUTO_TEST_CASE(the_torture_set_is_large) { BOOST_TEST(torture().size() >= 150U); }
BOOST_DATA_TEST_CASE(torture_set, torture(), c) { play(native, c); }
BOOST_DATA_TEST_CASE(torture_set_by_libopendkim, torture(), c) { play(libopendkim, c); }

BOOST_DATA_TEST_CASE(quota, read_cases("conversations/quota.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(recipients,
                     after_the_first(read_cases("conversations/recipients.cases")), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(dnsbl, after_the_first(read_cases("conversations/dnsbl.cases")), c) {
  play(native, c);
}

BOOST_DATA_TEST_CASE(helo, after_the_first(read_cases("conversations/helo.cases")), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(certificate,
                     after_the_first(read_cases("conversations/certificate.cases")), c) {
  play(native, c);
}

BOOST_DATA_TEST_CASE(relay, read_cases("conversations/relay.cases"), c) { play(native, c); }

}  // namespace
}  // namespace milterward::tests
