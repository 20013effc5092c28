// SPDX-License-Identifier: Apache-2.0
// Limits of reports and their end after a bounce hold for where mail goes, however a record
// spells it, whatever a consenting host puts in its place, and how many names it has. Both
// stores: the file of a host, and Redis.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "policy/chores/report_recipients.h"
#include "tests/policy/backends/report_site.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

/// taker.test has them sent to other addresses than the records name.
constexpr auto agrees_to_take_them_elsewhere =
    "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.b.test TXT v=DMARC1; p=none\n"
    "_dmarc.c.test TXT v=DMARC1; p=none\n_dmarc.taker.test TXT v=DMARC1; p=none\n"
    "a.test._report._dmarc.taker.test TXT v=DMARC1; rua=mailto:there@taker.test\n"
    "b.test._report._dmarc.taker.test TXT v=DMARC1; rua=mailto:There@Taker.test\n"
    "c.test._report._dmarc.taker.test TXT v=DMARC1; "
    "rua=mailto:there@taker.test,mailto:other@taker.test";

BOOST_AUTO_TEST_SUITE(report_addresses)

BOOST_AUTO_TEST_CASE(another_spelling_is_no_other_address) {
  Post post;
  post.settings.per_destination = 1;
  post.dns.add(
      "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.b.test TXT v=DMARC1; p=none\n"
      "b.test._report._dmarc.a.test TXT v=DMARC1");
  auto twice = entry("a.test");
  twice.uris = {"mailto:In@a.test", "mailto:in@A.test"};
  post.collect({twice, entry("b.test", 0, "mailto:IN@A.TEST")});
  const auto tally = post.round();
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(tally.waiting == 1u);
  BOOST_TEST(contains(post.server.mails().front(), "To: <In@a.test>"));  // as it is spelt
}

BOOST_AUTO_TEST_CASE(what_counts_is_where_the_mail_goes) {
  Post post;
  post.settings.per_destination = 1;
  post.dns.add(agrees_to_take_them_elsewhere);
  post.collect({entry("a.test", 0, "mailto:one@taker.test"),
                entry("b.test", 0, "mailto:two@taker.test"),
                entry("c.test", 0, "mailto:three@taker.test")});
  const auto tally = post.round();
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(tally.waiting == 2u);
  BOOST_TEST(contains(post.server.mails().front(), "To: <there@taker.test>\r\n"));
  // The address of the record itself has had nothing.
  post.dns.add(
      "_dmarc.d.test TXT v=DMARC1; p=none\nd.test._report._dmarc.taker.test TXT v=DMARC1");
  post.collect({entry("d.test", 0, "mailto:one@taker.test")});
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(who_refuses_is_suppressed_under_whatever_name_it_comes) {
  Post post;
  post.dns.add(agrees_to_take_them_elsewhere);
  post.server.unknown = {"there@taker.test"};
  post.collect({entry("a.test", 0, "mailto:one@taker.test")});
  BOOST_TEST(post.round().given_up == 1u);
  post.collect({entry("b.test", 0, "mailto:two@taker.test"),
                entry("c.test", 0, "mailto:three@taker.test")});
  const auto tally = post.round();
  BOOST_TEST(tally.given_up == 1u);
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(contains(post.server.mails().front(), "To: <other@taker.test>\r\n"));
}

BOOST_AUTO_TEST_CASE(of_several_addresses_the_one_that_refused_is_suppressed) {
  Post post;
  post.dns.add(agrees_to_take_them_elsewhere);
  post.server.unknown = {"other@taker.test"};
  post.collect({entry("c.test", 0, "mailto:three@taker.test")});
  BOOST_TEST(post.round().sent == 1u);
  const auto store = post.open();
  BOOST_TEST(store->is_suppressed("Other@taker.test", midnight + 25h).value());
  BOOST_TEST(!store->is_suppressed("there@taker.test", midnight + 25h).value());
}

BOOST_AUTO_TEST_CASE(a_report_that_comes_back_suppresses_where_it_went) {
  Post post;
  post.dns.add(agrees_to_take_them_elsewhere);
  post.collect({entry("a.test", 0, "mailto:one@taker.test")});
  BOOST_TEST(post.round().sent == 1u);
  const auto mark = post.deliveries().front().mark;
  BOOST_TEST(post.open()->note_returned(mark, midnight + 25h, midnight + 99h).value() ==
             "there@taker.test");
  post.collect({entry("b.test", 0, "mailto:two@taker.test")});
  BOOST_TEST(post.round().given_up == 1u);
}

BOOST_AUTO_TEST_CASE(many_names_of_one_host_do_not_multiply_its_share) {
  Post post;
  post.settings.per_destination = 1;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 12; ++i)
    entries.push_back(
        entry(fmt::format("d{}.a.test", i), 0,
              fmt::format("mailto:in+{}@{}", i, i % 2 ? "a.test" : "A.test")));
  post.dns.add("_dmarc.a.test TXT v=DMARC1; p=none");
  post.collect(entries);
  const auto tally = post.round();
  BOOST_TEST(tally.sent == chores::share_of_a_host);
  BOOST_TEST(tally.waiting == 2u);
  post.clock.advance(25h);
  BOOST_TEST(post.round().sent == 2u);
}

BOOST_AUTO_TEST_CASE(failure_reports_count_alike) {
  Post post;
  post.settings.failure.per_destination = 1;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 12; ++i) {
    auto failed = entry(fmt::format("d{}.a.test", i));
    failed.kind = ports::ReportKind::failure;
    failed.example = "Feedback-Type: auth-failure\r\n\r\nFrom: <~1@a.test>\r\n";
    failed.uris = {i == 0 ? "mailto:In@a.test" : fmt::format("mailto:in+{}@a.test", i)};
    if (i == 1) failed.uris = {"mailto:iN@A.test"};
    entries.push_back(failed);
  }
  post.dns.add("_dmarc.a.test TXT v=DMARC1; p=none");
  post.collect(entries);
  BOOST_TEST(post.round().sent == chores::share_of_a_host);
  BOOST_TEST(post.deliveries().size() == chores::share_of_a_host);
}

BOOST_AUTO_TEST_CASE(a_file_of_the_third_version_knows_what_was_sent) {
  Post post;
  post.settings.per_destination = 1;
  post.collect({entry("a.test", 0, "mailto:In@a.test")});
  BOOST_TEST(post.round().sent == 1u);
  {
    backends::SqliteDatabase former{post.settings.file, {}};
    for (const auto* sql :
         {"DROP TABLE sent", "ALTER TABLE open DROP COLUMN batch",
          "DROP INDEX delivery_for", "DROP INDEX delivery_at", "DROP TABLE failure_size",
          "DROP TRIGGER example_comes", "DROP TRIGGER example_goes",
          "DROP TRIGGER failure_comes", "DROP TRIGGER failure_changes",
          "DROP TRIGGER failure_goes",
          // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one statement on two lines
          "INSERT INTO suppressed VALUES ('You@b.test', 1, ''), ('you@b.test', "
          "9999999999, '')",
          "PRAGMA user_version = 3"})
      former.run(sql);
    BOOST_TEST(former.fault() == "");
  }
  BOOST_TEST(post.open()->is_suppressed("you@b.test", midnight).value());
  post.collect({entry("a.test", 1, "mailto:in@a.test")});
  BOOST_TEST(post.round().waiting == 1u);
}

BOOST_AUTO_TEST_CASE(hosts_that_share_count_alike) {
  Site site;
  site.one.settings.per_destination = site.two.settings.per_destination = 1;
  for (auto* host : {&site.one, &site.two}) host->dns.add(agrees_to_take_them_elsewhere);
  site.one.collect({entry("a.test", 0, "mailto:one@taker.test"),
                    entry("c.test", 0, "mailto:three@taker.test")});
  site.two.collect({entry("b.test", 0, "mailto:two@taker.test")});
  site.report();
  BOOST_TEST(site.mails().size() == 1u);
  const auto shared = shared_at(site.redis);
  const auto since = midnight;
  BOOST_TEST(
      shared->sent_since(ports::ReportKind::aggregate, "there@taker.test", since).value() ==
      1u);
  BOOST_TEST(
      shared->sent_since(ports::ReportKind::aggregate, "one@taker.test", since).value() ==
      0u);
  BOOST_TEST(
      shared->sent_since(ports::ReportKind::aggregate, "@taker.test", since).value() == 1u);
  const auto deliveries = shared->deliveries(10).value();
  for (const auto& delivery : deliveries)
    if (delivery.state == ports::DeliveryState::sent)
      BOOST_TEST(
          shared->note_returned(delivery.mark, midnight + 25h, midnight + 99h).value() ==
          "there@taker.test");
  BOOST_TEST(shared->is_suppressed("THERE@taker.test", midnight + 25h).value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
