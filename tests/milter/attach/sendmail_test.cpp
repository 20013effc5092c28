// SPDX-License-Identifier: Apache-2.0
// What Sendmail is told of us: tests/cases/milter/attach/sendmail.cases.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "milter/attach/sendmail_check.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using namespace attach;

const SendmailWish wish{"unix:/run/milterward/milterward.sock", std::chrono::seconds{8}};

void check_sentences(const std::vector<std::string>& wanted,
                     const std::vector<std::string>& told) {
  BOOST_TEST(told.size() == wanted.size());
  for (const auto& words : wanted)
    BOOST_TEST(std::any_of(told.begin(), told.end(),
                           [&](const auto& sentence) {
                             return sentence.find(words) != std::string::npos;
                           }),
               "nothing tells \"" << words << "\"");
}

BOOST_AUTO_TEST_SUITE(attach_to_sendmail)

BOOST_DATA_TEST_CASE(tells_what_is_wrong,
                     bdata::make(read_cases("milter/attach/sendmail.cases")), c) {
  const auto filters = c.has("mc") ? parse_mc(c["mc"]) : parse_cf(c["cf"]);
  const auto finding = check_sendmail(filters, wish);
  check_sentences(c.all("wrong"), finding.wrong);
  check_sentences(c.all("note"), finding.notes);
}

BOOST_AUTO_TEST_CASE(the_line_that_is_printed_is_right) {
  const auto slow = SendmailWish{"inet:8891@127.0.0.1", std::chrono::seconds{300}};
  for (const auto& one : {wish, slow}) {
    const auto finding = check_sendmail(parse_mc(mc_line(one)), one);
    BOOST_TEST(finding.wrong.empty());
    BOOST_TEST(finding.notes.empty());
    BOOST_TEST(finding.lines == std::vector{1U});
  }
  BOOST_TEST(mc_line(wish) ==
             "INPUT_MAIL_FILTER(`milterward', `S=unix:/run/milterward/milterward.sock, "
             "F=T, T=C:5s;S:10s;R:60s;E:5m')dnl");
  BOOST_TEST(mc_line(slow).find("R:310s;E:6m") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_that_name_us_are_counted_from_one) {
  const auto filters = parse_mc("dnl\n\n" + mc_line(wish) + "\n");
  BOOST_TEST(check_sendmail(filters, wish).lines == std::vector{3U});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
