// SPDX-License-Identifier: Apache-2.0
// DMARC reports from a row to the mail server, with the real store. What becomes of them
// when the daemon is killed stands in report_kill_test.cpp.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "policy/backends/sqlite_report_rows.h"
#include "policy/reports/aggregate_rows.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/report_post.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::ReportFile;
using ports::DeliveryState;
using ports::ReportPoint;
using std::chrono::seconds;

namespace {

BOOST_AUTO_TEST_SUITE(report_sending)

BOOST_AUTO_TEST_CASE(a_period_is_reported_when_it_is_over) {
  Post post;
  post.collect({entry("a.test"), entry("a.test"), entry("a.test", 1), entry("b.test")});
  post.clock.set_today(midnight + 24h + 30s);
  BOOST_TEST(post.round().made == 0u);  // rows may still be on their way
  post.clock.set_today(midnight + 24h + 1min);
  const auto tally = post.round();
  BOOST_TEST(tally.made == 2u);
  BOOST_TEST(tally.sent == 2u);
  BOOST_TEST(post.round().made + post.round().sent == 0u);
  const auto mails = post.server.mails();
  BOOST_TEST(mails.size() == 2u);
  BOOST_TEST(contains(mails.front(), "Subject: Report Domain: a.test\r\n"));
  BOOST_TEST(contains(mails.front(), "mx.test!a.test!1789948800!1790035199!"));
  for (const auto& delivery : post.deliveries())
    BOOST_TEST((delivery.state == DeliveryState::sent));
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_limit_make_a_further_report) {
  Post post;
  post.settings.max_rows = 2;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 5; ++i) entries.push_back(entry("a.test", i));
  post.collect(entries);
  BOOST_TEST(post.round().made == 3u);
  BOOST_TEST(by_report(post.server.mails()).size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_comes_while_a_report_is_made_is_not_lost) {
  Post post;
  post.collect({entry("a.test")});
  const auto store = post.open();
  bool once = true;
  post.round(*store, [&](ReportPoint point) {
    if (point == ReportPoint::before_close && std::exchange(once, false))
      post.collect({entry("a.test")});
  });
  const auto found = post.round(*store);
  BOOST_TEST(post.server.mails().size() == 1u);
  BOOST_TEST(store->ended_at(midnight + 100h, 10)->empty());
  BOOST_TEST(found.waiting == 0u);
}

BOOST_AUTO_TEST_CASE(late_rows_make_a_report_of_their_own) {
  Post post;
  post.collect({entry("a.test")});
  post.round();
  post.collect({entry("a.test")});
  post.round();
  BOOST_TEST(by_report(post.server.mails()).size() == 2u);
}

BOOST_AUTO_TEST_CASE(another_policy_makes_another_report) {
  Post post;
  auth::DmarcRecord stricter;
  stricter.p = auth::DmarcPolicy::reject;
  auto other = entry("a.test");
  other.policy = to_text(
      reports::published_policy("a.test", stricter, conf::DmarcDiscovery::treewalk));
  post.collect({entry("a.test"), other});
  BOOST_TEST(post.round().made == 2u);
}

BOOST_AUTO_TEST_CASE(a_stranger_who_has_not_agreed_gets_nothing) {
  Post post;
  post.dns.add(
      "_dmarc.a.test TXT v=DMARC1; p=none\n_dmarc.victim.test TXT v=DMARC1; p=none");
  post.collect({entry("a.test", 0, "mailto:you@victim.test")});
  BOOST_TEST(post.round().given_up == 1u);
  BOOST_TEST(post.server.mails().empty());
  BOOST_TEST(post.deliveries().front().reason ==
             "victim.test has not agreed to take reports about a.test");
}

BOOST_AUTO_TEST_CASE(silence_of_dns_is_waited_out_and_then_given_up) {
  Post post;
  post.dns.add("_dmarc.victim.test TIMEOUT");
  post.collect({entry("a.test", 0, "mailto:you@victim.test")});
  BOOST_TEST(post.round().waiting == 1u);
  BOOST_TEST(post.round().waiting == 0u);  // not due
  const auto first = post.deliveries().front().next_try;
  post.clock.advance(10min);
  BOOST_TEST(post.round().waiting == 1u);
  BOOST_TEST((post.deliveries().front().next_try - first == 20min));
  post.clock.advance(72h);
  BOOST_TEST(post.round().given_up == 1u);
}

BOOST_AUTO_TEST_CASE(a_mail_server_in_trouble_is_tried_again_with_longer_pauses) {
  Post post;
  post.server.data = 451;
  post.collect({entry("a.test")});
  post.round();
  const auto first = post.deliveries().front();
  BOOST_TEST(first.tries == 1u);
  BOOST_TEST((first.state == DeliveryState::waiting));
  BOOST_TEST(first.reason == "end of DATA: 451 mail");
  post.clock.advance(10min);
  post.round();
  const auto second = post.deliveries().front();
  BOOST_TEST((second.next_try - first.next_try == 20min));
  post.server.data = 250;
  post.clock.advance(1h);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(a_report_keeps_its_text_until_all_have_it) {
  Post post;
  post.server.data = 451;
  post.collect({entry("a.test")});
  post.round();
  const auto octets = [&] {
    backends::SqliteDatabase database{post.settings.file, {}};
    return database.number("SELECT sum(length(text)) FROM report");
  };
  BOOST_TEST(octets() > 100);
  post.server.data = 250;
  post.clock.advance(10min);
  BOOST_TEST(post.round().sent == 1u);
  BOOST_TEST(octets() == 0);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_refused_gets_nothing_for_a_while) {
  Post post;
  post.server.rcpt = 550;
  post.collect({entry("a.test")});
  BOOST_TEST(post.round().given_up == 1u);
  post.server.rcpt = 250;
  post.collect({entry("a.test")});
  BOOST_TEST(post.round().given_up == 1u);
  BOOST_TEST((post.deliveries().front().state == DeliveryState::suppressed));
  post.clock.advance(721h);
  post.collect({entry("a.test")});
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(no_address_gets_more_than_its_share_of_a_day) {
  Post post;
  post.settings.per_destination = 1;
  post.settings.max_rows = 1;
  post.collect({entry("a.test", 0), entry("a.test", 1), entry("b.test")});
  auto tally = post.round();
  BOOST_TEST(tally.sent == 2u);
  BOOST_TEST(tally.waiting == 1u);
  post.clock.advance(25h);
  BOOST_TEST(post.round().sent == 1u);
}

BOOST_AUTO_TEST_CASE(two_daemons_on_one_file_send_each_report_once) {
  Post post;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(entry("d" + std::to_string(i) + ".test"));
  post.collect(entries);
  const auto one = post.open();
  const auto other = post.open();
  // The other makes a whole round wherever the first one may be cut off.
  post.round(*one, [&](ReportPoint) { post.round(*other); });
  BOOST_TEST(post.server.mails().size() == 20u);
  BOOST_TEST(by_report(post.server.mails()).size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_full_file_leaves_out_what_comes_and_says_so) {
  Post post;
  const auto store = post.open();
  const std::vector entries{entry("a.test"), entry("a.test")};
  const auto left_out = store->add(entries, {1, 86400s, 900s, 10});
  BOOST_REQUIRE(left_out);
  BOOST_TEST(left_out->entries == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_of_the_first_version_goes_on_where_it_was) {
  Post post;
  {
    backends::SqliteDatabase former{post.settings.file, {}};
    for (const auto* sql :
         {"CREATE TABLE identity (name TEXT NOT NULL)",
          "INSERT INTO identity VALUES ('former')",
          "CREATE TABLE open (number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT "
          "NULL, ends INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL, rua "
          "TEXT NOT NULL, parts INTEGER NOT NULL DEFAULT 0, UNIQUE (begins, domain, "
          "policy))",
          "CREATE TABLE counted (open INTEGER NOT NULL, row TEXT NOT NULL, count INTEGER "
          "NOT NULL, PRIMARY KEY (open, row)) WITHOUT ROWID",
          "CREATE TABLE report (id TEXT PRIMARY KEY, domain TEXT, begins INTEGER, ends "
          "INTEGER, made INTEGER, messages INTEGER, xml TEXT)",
          "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, report TEXT, "
          "mark TEXT UNIQUE, destination TEXT, state TEXT, tries INTEGER DEFAULT 0, "
          "next_try INTEGER, claimed_until INTEGER DEFAULT 0, settled INTEGER DEFAULT 0, "
          "reason TEXT DEFAULT '')",
          "CREATE TABLE suppressed (destination TEXT PRIMARY KEY, until INTEGER, reason "
          "TEXT)",
          "INSERT INTO open VALUES (7, 0, 86400, 'a.test', 'policy', 'mailto:a', 2)",
          "INSERT INTO counted VALUES (7, 'row', 5)",
          "INSERT INTO open VALUES (41, 0, 86400, 'over.test', 'policy', 'mailto:a', 0)",
          "DELETE FROM open WHERE number = 41", "PRAGMA user_version = 1"})
      former.run(sql);
    BOOST_TEST(former.fault() == "");
  }
  post.collect({entry("b.test")});
  const auto store = post.open();
  BOOST_TEST(store->name() == "former");
  const auto open = store->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 2u);
  BOOST_TEST(open[0].number == 7);
  BOOST_TEST(open[0].parts == 2);
  BOOST_TEST(store->rows_of(open[0], 10).value().front().count == 5u);
  BOOST_TEST(open[1].number == 42);  // a number that was used stands in an id
}

BOOST_AUTO_TEST_CASE(one_domain_leaves_room_for_others) {
  Post post;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < backends::most_rows_of_a_period; ++i)
    entries.push_back(entry("a.test", i));
  post.collect(entries);
  const std::vector more{entry("a.test", 0),
                         entry("a.test", backends::most_rows_of_a_period),
                         entry("b.test", backends::most_rows_of_a_period)};
  const auto store = post.open();
  BOOST_TEST(store->add(more, post.room()).value().entries == 1u);
  const auto open = store->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 2u);
  const auto rows = store->rows_of(open.front(), 1'000'000).value();
  std::uint64_t messages = 0;
  for (const auto& row : rows) messages += row.count;
  BOOST_TEST(static_cast<std::int64_t>(rows.size()) == backends::most_rows_of_a_period);
  BOOST_TEST(messages == rows.size() + 1);
}

BOOST_AUTO_TEST_CASE(reports_are_forgotten_when_nobody_waits_for_them) {
  Post post;
  post.collect({entry("a.test")});
  post.round();
  post.clock.advance(721h);
  post.round();
  BOOST_TEST(post.deliveries().empty());
}

struct FixedDraft final : ports::ReportDraft {
  explicit FixedDraft(ports::ReportEntry what) : entry(std::move(what)) {}
  ports::ReportEntry write() const override { return entry; }
  const ports::ReportEntry entry;
};

BOOST_AUTO_TEST_CASE(what_is_noted_is_in_the_file_when_the_daemon_ends) {
  Post post;
  {
    backends::SqliteReportRows rows{post.settings, std::make_shared<FakeClock>()};
    for (int i = 0; i < 1200; ++i)
      rows.note(std::make_unique<FixedDraft>(entry("a.test", i % 600)));
  }
  const auto store = post.open();
  const auto open = store->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 1u);
  const auto counted = store->rows_of(open.front(), 10'000).value();
  BOOST_TEST(counted.size() == 600u);
  for (const auto& row : counted) BOOST_TEST(row.count == 2u);
}

BOOST_AUTO_TEST_CASE(a_report_that_comes_back_suppresses_its_address) {
  Post post;
  post.collect({entry("a.test"), entry("b.test")});
  post.round();
  const auto mark = post.deliveries().back().mark;
  BOOST_TEST(contains(post.server.mails().front(), "." + mark + "@mx.test>"));
  RecordedEvents events;
  {
    const auto clock = std::make_shared<FakeClock>();
    clock->set_today(midnight + 25h);
    backends::SqliteReportRows rows{post.settings, clock};
    for (const auto& returned : {mark, mark, std::string{"0123456789abcdef"}}) {
      ports::ReportEntry told;
      told.returned = returned;
      rows.note(std::make_unique<FixedDraft>(told));
    }
  }
  const std::vector<std::string> want{
      "report.suppressed to=in@a.test reason=a report came back"};
  BOOST_TEST(events.texts() == want, boost::test_tools::per_element());
  BOOST_TEST((post.deliveries().back().state == DeliveryState::failed));
  post.collect({entry("a.test"), entry("b.test")});
  const auto tally = post.round();
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(tally.given_up == 1u);
}

/// Another program that looks and is the last to leave, as it believes.
void look_from_outside(const std::string& path) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    { const ReportFile file{path, ReportFile::Access::read_and_write}; }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(rows_last_though_the_file_is_opened_again_and_looked_at) {
  Post post;
  const auto writer = post.open();
  const std::vector entries{entry("a.test")};
  BOOST_REQUIRE(writer->add(entries, post.room()));
  post.open();
  look_from_outside(post.settings.file);
  BOOST_REQUIRE(writer->add(entries, post.room()));
  const auto store = post.open();
  const auto open = store->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 1u);
  BOOST_TEST(store->rows_of(open.front(), 10).value().front().count == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_made_is_told_once_and_holds_up_nobody) {
  RecordedEvents events;
  conf::ReportSettings settings = some_report_settings("/nowhere/reports.db");
  {
    backends::SqliteReportRows rows{settings, std::make_shared<FakeClock>()};
    for (int i = 0; i < 10; ++i) rows.note(std::make_unique<FixedDraft>(entry("a.test")));
  }
  const auto texts = events.texts();
  BOOST_TEST(std::ranges::count_if(texts, [](const std::string& text) {
               return text.starts_with("report.file_failing");
             }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
