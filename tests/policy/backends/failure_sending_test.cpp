// SPDX-License-Identifier: Apache-2.0
// DMARC failure reports from an incident to the mail server, with the real store: equal
// ones make one report, no limit is passed, no stranger gets one, and whoever dies when
// loses none.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <memory>
#include <set>

#include "policy/backends/report_tables.h"
#include "policy/reports/aggregate_rows.h"
#include "policy/reports/failure_report.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/report_post.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using backends::ReportFile;
using ports::DeliveryState;
using ports::ReportKind;
using std::chrono::seconds;

constexpr auto failed_at = midnight + 9h + 1min;

ports::ReportEntry failure(const std::string& domain, int number = 0,
                           std::vector<std::string> ruf = {}, seconds at = failed_at) {
  reports::FailureIncident incident;
  incident.source_ip = "192.0.2." + std::to_string(number);
  incident.reported_domain = domain;
  reports::FailedMessage message;
  message.header = "Message-ID: <" + std::to_string(number) + "@" + domain + ">\r\n";
  if (ruf.empty()) ruf = {"mailto:f@" + domain};
  return {WallTime{at},
          domain,
          to_text(incident),
          "",
          std::move(ruf),
          ReportKind::failure,
          example_of(incident, message)};
}

/// In the quarter of an hour after those failures.
void wait_for_the_end(Post& post) { post.clock.set_today(midnight + 9h + 16min); }

std::size_t count_of(const RecordedEvents& events, const std::string& beginning) {
  return static_cast<std::size_t>(std::ranges::count_if(
      events.texts(),
      [&](const std::string& text) { return text.starts_with(beginning); }));
}

BOOST_AUTO_TEST_SUITE(failure_sending)

BOOST_AUTO_TEST_CASE(equal_incidents_make_one_report_when_their_time_is_over) {
  Post post;
  post.collect(
      {failure("a.test"), failure("a.test"), failure("a.test"), failure("a.test", 7)});
  post.clock.set_today(midnight + 9h + 15min + 30s);
  BOOST_TEST(post.round().made == 0u);
  wait_for_the_end(post);
  const auto tally = post.round();
  BOOST_TEST(tally.made == 2u);
  BOOST_TEST(tally.sent == 2u);
  const auto mails = post.server.mails();
  BOOST_REQUIRE(mails.size() == 2u);
  BOOST_TEST(contains(mails[0], "To: <f@a.test>\r\n"));
  BOOST_TEST(contains(mails[0], "\r\nIncidents: 3\r\n"));
  BOOST_TEST(contains(mails[0], "Source-IP: 192.0.2.0\r\n"));
  BOOST_TEST(contains(mails[1], "Message-ID: <7@a.test>\r\n"));
  BOOST_TEST(!contains(mails[1], "Incidents"));
  const auto deliveries = post.deliveries();
  BOOST_TEST((deliveries.back().kind == ReportKind::failure));
  BOOST_TEST(deliveries.back().messages == 3u);
}

BOOST_AUTO_TEST_CASE(aggregate_and_failure_reports_do_not_mix) {
  Post post;
  ports::ReportEntry row{failure("a.test")};
  row.kind = ReportKind::aggregate;
  row.policy =
      to_text(reports::published_policy("a.test", {}, conf::DmarcDiscovery::treewalk));
  reports::AggregateRow counted;
  counted.header_from = "a.test";
  row.row = to_text(counted);
  post.collect({row, failure("a.test")});
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 1u);
  post.clock.set_today(midnight + 24h + 1min);
  BOOST_TEST(post.round().sent == 1u);
  const auto mails = post.server.mails();
  BOOST_TEST(contains(mails[0], "report-type=feedback-report"));
  BOOST_TEST(contains(mails[1], "application/gzip"));
}

BOOST_AUTO_TEST_CASE(each_address_of_a_domain_gets_it) {
  Post post;
  post.collect(
      {failure("a.test", 0, {"mailto:f@a.test", "https://a.test/", "mailto:g@a.test"})});
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 2u);
}

BOOST_AUTO_TEST_CASE(a_stranger_who_has_not_agreed_gets_none) {
  Post post;
  post.dns.add(
      "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.victim.test TXT v=DMARC1; p=none");
  post.collect({failure("a.test", 0, {"mailto:you@victim.test"})});
  wait_for_the_end(post);
  BOOST_TEST(post.round().given_up == 1u);
  BOOST_TEST(post.server.mails().empty());
  BOOST_TEST(post.deliveries().front().reason ==
             "victim.test has not agreed to take reports about a.test");
}

BOOST_AUTO_TEST_CASE(a_stranger_who_has_agreed_names_the_address) {
  Post post;
  post.dns.add(
      "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.taker.test TXT v=DMARC1; p=none\n"
      "a.test._report._dmarc.taker.test TXT v=DMARC1; rua=mailto:r@taker.test; "
      "ruf=mailto:there@taker.test");
  post.collect({failure("a.test", 0, {"mailto:in@taker.test"})});
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 1u);
  BOOST_TEST(contains(post.server.mails().front(), "To: <there@taker.test>\r\n"));
}

BOOST_AUTO_TEST_CASE(no_address_gets_more_than_its_share_of_an_hour) {
  Post post;
  post.settings.failure.per_destination = 2;
  RecordedEvents events;
  for (int i = 0; i < 5; ++i) post.collect({failure("a.test", i)});
  post.collect({failure("b.test", 0, {"mailto:f@a.test", "mailto:f@b.test"})});
  post.dns.add(
      "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.b.test TXT v=DMARC1; p=none\n"
      "b.test._report._dmarc.a.test TXT v=DMARC1");
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 3u);  // one of them to f@b.test
  BOOST_TEST(post.server.mails().size() == 3u);
  BOOST_TEST(count_of(events,
                      "report.failures_left_out domain=a.test to=f@a.test "
                      "reason=report.failure_per_destination messages=1") == 3u);
  BOOST_TEST(count_of(events, "report.failures_left_out domain=b.test to=f@a.test") == 1u);
  post.collect({failure("a.test", 9, {}, midnight + 10h + 20min)});
  post.clock.set_today(midnight + 10h + 31min);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(what_waited_does_not_come_faster_than_that_either) {
  Post post;
  post.settings.failure.per_destination = 1;
  post.server.data = 451;
  post.collect({failure("a.test", 1)});
  wait_for_the_end(post);
  BOOST_TEST(post.round().waiting == 1u);
  post.collect({failure("a.test", 2, {}, midnight + 10h + 20min)});
  post.clock.set_today(midnight + 10h + 31min);
  post.server.data = 250;
  const auto tally = post.round();
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(tally.waiting == 1u);
  BOOST_TEST(post.round().sent == 0u);
  post.clock.set_today(midnight + 11h + 32min);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(no_domain_is_told_of_more_than_its_share_of_a_day) {
  Post post;
  post.settings.failure.per_domain = 3;
  RecordedEvents events;
  for (int i = 0; i < 3; ++i) post.collect({failure("a.test", i)});
  // As many are collected at once, and no more; equal ones still count.
  const auto store = post.open();
  const std::vector more{failure("a.test", 3), failure("a.test", 0), failure("a.test", 4)};
  const auto left_out = store->add(more, post.room());
  BOOST_REQUIRE(left_out);
  BOOST_TEST(left_out->entries == 0u);
  BOOST_TEST(left_out->failures.at("a.test") == 2u);
  post.collect({failure("b.test")});
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 4u);
  post.collect({failure("a.test", 5, {}, midnight + 20h)});
  post.clock.set_today(midnight + 20h + 16min);
  BOOST_TEST(post.round().sent == 0u);
  BOOST_TEST(count_of(events,
                      "report.failures_left_out domain=a.test to= "
                      "reason=report.failure_per_domain messages=1") == 1u);
  post.collect({failure("a.test", 6, {}, midnight + 34h)});
  post.clock.set_today(midnight + 34h + 16min);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(who_refused_one_kind_of_reports_gets_none_of_the_other) {
  Post post;
  post.server.rcpt = 550;
  post.collect({failure("a.test")});
  wait_for_the_end(post);
  BOOST_TEST(post.round().given_up == 1u);
  post.server.rcpt = 250;
  auto row = failure("a.test", 0, {"mailto:f@a.test"});
  row.kind = ReportKind::aggregate;
  row.policy =
      to_text(reports::published_policy("a.test", {}, conf::DmarcDiscovery::treewalk));
  row.row = to_text(reports::AggregateRow{});
  post.collect({row});
  post.clock.set_today(midnight + 24h + 1min);
  BOOST_TEST(post.round().given_up == 1u);
  BOOST_TEST((post.deliveries().front().state == DeliveryState::suppressed));
  BOOST_TEST((post.deliveries().front().kind == ReportKind::aggregate));
}

BOOST_AUTO_TEST_CASE(one_that_comes_back_is_the_last) {
  Post post;
  post.collect({failure("a.test")});
  wait_for_the_end(post);
  post.round();
  const auto mark = post.deliveries().front().mark;
  BOOST_TEST(contains(post.server.mails().front(), "." + mark + "@mx.test>\r\n"));
  BOOST_TEST(post.open()->note_returned(mark, midnight + 10h, midnight + 34h).value() ==
             "f@a.test");
  post.collect({failure("a.test", 1, {}, midnight + 12h)});
  post.clock.set_today(midnight + 12h + 16min);
  BOOST_TEST(post.round().given_up == 1u);
  BOOST_TEST(post.server.mails().size() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_of_a_message_is_left_when_its_report_is_done) {
  Post post;
  post.collect({failure("a.test")});
  wait_for_the_end(post);
  post.round();
  backends::SqliteDatabase database{post.settings.file, {}};
  BOOST_TEST(database.number("SELECT count(*) FROM example") == 0);
  BOOST_TEST(database.number("SELECT count(*) FROM open") == 0);
  BOOST_TEST(database.number("SELECT sum(length(text)) FROM report") == 0);
}

/// All that a failure passes on its way from the message to its end.
void live_failures(Post& post, const ports::AtReportPoint& at) {
  const auto store = post.open();
  store->watch(at);
  for (const auto& one : {failure("a.test"), failure("b.test", 1), failure("b.test", 1)}) {
    const std::vector batch{one};
    static_cast<void>(store->add(batch, post.room()));
    std::ofstream{post.directory.path("durable"), std::ios::app} << '.';
  }
  wait_for_the_end(post);
  post.round(*store, at);
}

BOOST_AUTO_TEST_CASE(whoever_is_killed_when_loses_and_repeats_no_failure_report) {
  std::size_t reached = 0;
  for (const auto& named : ports::report_points) {
    BOOST_TEST_CONTEXT("killed at " << named.name) {
      Post post;
      const auto death = std::make_shared<ports::AtReportPoint>(death_at(named.point, 1));
      const auto watcher = [death](ports::ReportPoint point) { (*death)(point); };
      if (!is_killed([&] { live_failures(post, watcher); })) continue;
      ++reached;
      wait_for_the_end(post);
      post.clock.advance(chores::report_claim);
      post.round();
      std::string durable;
      std::ifstream{post.directory.path("durable")} >> durable;
      const auto kept = durable.size() + (named.point == ports::ReportPoint::after_rows);
      const auto mails = post.server.mails();
      const std::set<std::string> different{mails.begin(), mails.end()};
      BOOST_TEST(different.size() == std::min<std::size_t>(kept, 2));
      BOOST_TEST(mails.size() - different.size() <= (named.may_repeat ? 1u : 0u));
      const bool is_counted = std::ranges::any_of(different, [](const auto& mail) {
        return contains(mail, "\r\nIncidents: 2\r\n");
      });
      BOOST_TEST(is_counted == (kept == 3));
    }
  }
  BOOST_TEST(reached >= 25u);
}

BOOST_AUTO_TEST_CASE(two_daemons_on_one_file_send_each_failure_report_once) {
  Post post;
  for (int i = 0; i < 20; ++i) post.collect({failure("d" + std::to_string(i) + ".test")});
  wait_for_the_end(post);
  const auto one = post.open();
  const auto other = post.open();
  post.round(*one, [&](ports::ReportPoint) { post.round(*other); });
  BOOST_TEST(post.server.mails().size() == 20u);
}

/// As the first version left it: one open period, one report that waits.
void make_first_version(const std::string& path) {
  backends::SqliteDatabase database{path, {}};
  for (const auto* sql :
       {"CREATE TABLE identity (name TEXT NOT NULL)", "INSERT INTO identity VALUES ('abc')",
        "CREATE TABLE open (number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT "
        "NULL, ends INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL, rua TEXT "
        "NOT NULL, parts INTEGER NOT NULL DEFAULT 0, UNIQUE (begins, domain, policy))",
        "CREATE TABLE counted (open INTEGER NOT NULL, row TEXT NOT NULL, count INTEGER NOT "
        "NULL, PRIMARY KEY (open, row)) WITHOUT ROWID",
        "CREATE TABLE report (id TEXT PRIMARY KEY, domain TEXT NOT NULL, begins INTEGER "
        "NOT NULL, ends INTEGER NOT NULL, made INTEGER NOT NULL, messages INTEGER NOT "
        "NULL, xml TEXT NOT NULL)",
        "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, report TEXT NOT "
        "NULL, mark TEXT UNIQUE NOT NULL, destination TEXT NOT NULL, state TEXT NOT NULL, "
        "tries INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL, claimed_until "
        "INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, reason TEXT NOT "
        "NULL DEFAULT '')",
        "CREATE TABLE suppressed (destination TEXT PRIMARY KEY, until INTEGER NOT NULL, "
        "reason TEXT NOT NULL)",
        "INSERT INTO report VALUES ('abcn0p1', 'a.test', 1789862400, 1789948800, "
        "1789948860, "
        "1, '<feedback/>')",
        "INSERT INTO delivery (report, mark, destination, state, next_try) VALUES "
        "('abcn0p1', 'm', 'in@a.test', 'waiting', 1789948860)",
        "PRAGMA user_version = 1"})
    database.run(sql);
  BOOST_REQUIRE(database.fault().empty());
}

BOOST_AUTO_TEST_CASE(a_file_of_the_first_version_is_brought_up_to_date) {
  Post post;
  make_first_version(post.settings.file);
  const ReportFile reader{post.settings.file, ReportFile::Access::read};
  BOOST_TEST(contains(reader.fault(), "an earlier version of Milterward made it"));
  BOOST_TEST(post.open()->name() == "abc");
  post.clock.set_today(midnight + 9h);
  BOOST_TEST(post.round().sent == 1u);
  BOOST_TEST((post.deliveries().front().kind == ReportKind::aggregate));
  BOOST_TEST(post.deliveries().front().messages == 1u);
  post.collect({failure("a.test")});
  wait_for_the_end(post);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
