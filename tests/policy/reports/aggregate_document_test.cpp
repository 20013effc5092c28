// SPDX-License-Identifier: Apache-2.0
// Rows as text, and reports as XML: read back, and held against the schema by xmllint.
#include "policy/reports/aggregate_document.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <pugixml.hpp>

namespace milterward::reports {
namespace {

using namespace std::chrono_literals;
using ports::DkimResult;
using ports::SpfResult;

AggregateRow full_row() {
  AggregateRow row;
  row.source_ip = "2001:db8::1";
  row.disposition = Disposition::quarantine;
  row.spf_is_aligned = true;
  row.reason = OverrideNote{conf::OverrideReason::mailing_list, "a <list> & \"more\""};
  row.header_from = "news.home.test";
  row.envelope_from = "lists.test";
  row.dkim = {{"lists.test", "s1", DkimResult::pass}, {"home.test", "x", DkimResult::fail}};
  row.spf = SpfOutcome{"lists.test", SpfResult::softfail};
  return row;
}

PublishedPolicy some_policy() {
  auth::DmarcRecord record;
  record.p = auth::DmarcPolicy::reject;
  record.sp = auth::DmarcPolicy::quarantine;
  record.adkim = auth::AlignmentMode::strict;
  record.fo = {false, true, true, false};
  record.is_testing = true;
  return published_policy("home.test", record, conf::DmarcDiscovery::treewalk);
}

const ReportHead head{"Example <Mail>", "dmarc@mx.test", "https://mx.test/?a&b",
                      "d41d8cn1p1",     1795737600s,     1795824000s};

/// What xmllint says of it; "" when it is valid.
std::string judged(const std::string& xml) {
  char name[] = "/tmp/milterward-report-XXXXXX";
  const int fd = ::mkstemp(name);
  BOOST_REQUIRE(fd >= 0);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{::fdopen(fd, "w"),
                                                             std::fclose};
  BOOST_REQUIRE(std::fwrite(xml.data(), 1, xml.size(), file.get()) == xml.size());
  std::fflush(file.get());
  const auto command = fmt::format(
      "xmllint --nonet --noout --schema {}/tests/policy/reports/dmarc-2.0.xsd {} 2>&1",
      MILTERWARD_SOURCE_DIR, name);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> lint{::popen(command.c_str(), "r"),
                                                             [](std::FILE*) { return 0; }};
  std::string said;
  for (int c = std::fgetc(lint.get()); c != EOF; c = std::fgetc(lint.get()))
    said += static_cast<char>(c);
  const int code = ::pclose(lint.get());
  std::filesystem::remove(name);
  return code == 0 ? "" : "invalid: " + said;
}

BOOST_AUTO_TEST_SUITE(aggregate_reports)

BOOST_AUTO_TEST_CASE(rows_are_read_back) {
  const auto row = full_row();
  BOOST_TEST((parse_row(to_text(row)) == row));
  AggregateRow least;
  least.source_ip = "192.0.2.1";
  least.disposition = Disposition::pass;
  least.dkim_is_aligned = true;
  least.header_from = "home.test";
  BOOST_TEST(to_text(least) == "row\t192.0.2.1\tpass\tpass\tfail\thome.test\t");
  BOOST_TEST((parse_row(to_text(least)) == least));
}

BOOST_AUTO_TEST_CASE(what_is_no_row_is_none) {
  for (const auto* text :
       {"", "row", "row\t192.0.2.1\tperhaps\tpass\tfail\thome.test\t",
        "row\t192.0.2.1\tnone\tpass\tfail\thome.test\t\nspf\thome.test\tgood",
        "row\t192.0.2.1\tnone\tpass\tfail\thome.test\t\n",
        "row\t192.0.2.1\tnone\tpass\tfail\thome.test\t\ndkim\thome.test\tpass"})
    BOOST_TEST(!parse_row(text), text);
}

BOOST_AUTO_TEST_CASE(policies_are_read_back) {
  const auto policy = some_policy();
  BOOST_TEST(to_text(policy) ==
             "policy\thome.test\treject\tquarantine\tquarantine\ts\tr\t1:d\ty\ttreewalk");
  BOOST_TEST((parse_policy(to_text(policy)) == policy));
  BOOST_TEST(!parse_policy("policy\thome.test\treject"));
}

BOOST_AUTO_TEST_CASE(the_strictest_alignment_is_named_first) {
  const auto signatures =
      signatures_of({{"home.test", "broken", DkimResult::fail},
                     {"lists.test", "a", DkimResult::pass},
                     {"home.test", "b", DkimResult::pass},
                     {"", "unread", DkimResult::permerror},
                     {"news.home.test", "c", DkimResult::pass}},
                    *Domain::parse("news.home.test"), *Domain::parse("home.test"));
  std::string order;
  for (const auto& signature : signatures) order += signature.selector + " ";
  BOOST_TEST(order == "c b a broken ");
}

BOOST_AUTO_TEST_CASE(no_more_than_a_hundred_signatures_are_named) {
  const std::vector many(150, SignatureResult{"home.test", "s", DkimResult::pass});
  BOOST_TEST(signatures_of(many, {}, {}).size() == signature_limit);
}

BOOST_AUTO_TEST_CASE(values_of_strangers_hold_nothing_that_breaks_a_line) {
  BOOST_TEST(as_value("a\tb\nc\x7f") == "a?b?c?");
  BOOST_TEST(as_value("\xff\xfe") == "??");
  BOOST_TEST(as_value("a\xef\xbf\xbf") == "a???");
  BOOST_TEST(as_value("caf\xc3\xa9") == "caf\xc3\xa9");
  BOOST_TEST(as_value(std::string(1000, 'x')).size() <= value_limit);
}

BOOST_AUTO_TEST_CASE(documents_follow_the_schema) {
  AggregateRow bare;
  bare.source_ip = "192.0.2.1";
  bare.header_from = "home.test";
  const CountedRow rows[]{{full_row(), 3}, {bare, 1}};
  const auto xml = aggregate_document(head, some_policy(), rows);
  BOOST_TEST(judged(xml) == "");
  BOOST_TEST(xml == aggregate_document(head, some_policy(), rows));

  pugi::xml_document read;
  BOOST_REQUIRE(read.load_buffer(xml.data(), xml.size()));
  const auto feedback = read.child("feedback");
  const auto metadata = feedback.child("report_metadata");
  BOOST_TEST(std::string{metadata.child_value("org_name")} == "Example <Mail>");
  BOOST_TEST(std::string{metadata.child("date_range").child_value("end")} == "1795823999");
  BOOST_TEST(std::string{feedback.child("policy_published").child_value("np")} ==
             "quarantine");
  const auto record = feedback.child("record");
  BOOST_TEST(std::string{record.child("row").child_value("count")} == "3");
  const auto reason = record.child("row").child("policy_evaluated").child("reason");
  BOOST_TEST(std::string{reason.child_value("comment")} == "a <list> & \"more\"");
}

BOOST_AUTO_TEST_CASE(the_schema_is_one_that_refuses) {
  AggregateRow bare;
  bare.source_ip = "192.0.2.1";
  const CountedRow rows[]{{bare, 1}};
  auto xml = aggregate_document(head, some_policy(), rows);
  const auto at = xml.find("<disposition>none");
  xml.replace(at, 17, "<disposition>done");
  BOOST_TEST(judged(xml).starts_with("invalid"));
  BOOST_TEST(judged(aggregate_document(head, some_policy(), {})).starts_with("invalid"));
}

BOOST_AUTO_TEST_CASE(a_record_without_a_policy_is_told_as_an_error) {
  auth::DmarcRecord record;
  record.policy_is_faulty = true;
  const CountedRow rows[]{{full_row(), 1}};
  const auto policy = published_policy("home.test", record, conf::DmarcDiscovery::psl);
  const auto xml = aggregate_document(head, policy, rows);
  BOOST_TEST(judged(xml) == "");
  BOOST_TEST((xml.find("<error>the DMARC record of home.test has no valid policy") !=
              std::string::npos));
  BOOST_TEST((parse_policy(to_text(policy)) == policy));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
