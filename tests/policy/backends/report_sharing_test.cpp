// SPDX-License-Identifier: Apache-2.0
// Reports of two hosts that share a real Redis: one report of a domain and a period for
// both, whatever is restarted or away, and whatever is said twice. What becomes of them
// when a host is killed stands in report_site_kill_test.cpp.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "policy/reports/failure_report.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/report_site.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using ports::DeliveryState;
using ports::ReportPoint;

namespace {

void check_each_once(const Mails& mails, std::size_t reports = of_both.size()) {
  BOOST_TEST(mails.size() == reports);
  BOOST_TEST(by_report(mails).size() == reports);
  BOOST_TEST((messages_told(mails) == of_both));
}

ports::HandedRows three_messages(std::int64_t number) {
  ports::HandedRows rows{"batch", number, {}, {{"row", 3}}};
  rows.open.begin = midnight;
  rows.open.end = midnight + 24h;
  rows.open.domain = "a.test";
  rows.open.policy = "policy";
  rows.open.uris = {"mailto:in@a.test"};
  return rows;
}

BOOST_AUTO_TEST_SUITE(report_sharing)

BOOST_AUTO_TEST_CASE(two_hosts_make_one_report_of_what_both_saw) {
  Site site;
  site.collect();
  BOOST_TEST(site.one.site_round().tally.made == 0u);
  BOOST_TEST(site.two.site_round().tally.made == 0u);
  BOOST_TEST(site.one.waiting() + site.two.waiting() == 0u);
  BOOST_TEST(site.mails().empty());  // another host may still be about to hand over
  site.advance(chores::shared_report_grace);
  const auto tally = site.two.site_round().tally;
  BOOST_TEST(tally.made == 3u);
  BOOST_TEST(tally.sent == 3u);
  BOOST_TEST(site.one.site_round().tally.made == 0u);
  check_each_once(site.mails());
  BOOST_TEST(site.one.server.mails().empty());
}

BOOST_AUTO_TEST_CASE(a_period_that_is_not_over_stays_where_it_is) {
  Site site;
  site.collect();
  site.one.clock.set_today(midnight + 24h + 30s);
  site.one.site_round();
  BOOST_TEST(site.one.waiting() == 2u);
  site.one.collect({entry("a.test")});
  BOOST_TEST(site.one.waiting() == 2u);
}

BOOST_AUTO_TEST_CASE(rows_that_are_handed_over_twice_count_once) {
  const RedisServer redis;
  const auto shared = shared_at(redis);
  const auto rows = three_messages(7);
  BOOST_TEST(shared->take(rows).value());
  BOOST_TEST(!shared->take(rows).value());
  auto next = rows;
  next.open.parts = 1;
  BOOST_TEST(shared->take(next).value());
  BOOST_TEST(!shared->take(rows).value());
  auto other = rows;
  other.batch = "other";
  other.rows = {{"row", 1}, {"another", 5}};
  BOOST_TEST(shared->take(other).value());
  const auto open = shared->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 1u);
  BOOST_TEST((open.front().uris == rows.open.uris));
  const std::vector<ports::CountedText> want{{"another", 5}, {"row", 7}};
  BOOST_TEST((shared->rows_of(open.front(), 10).value() == want));
  BOOST_TEST(shared->rows_of(open.front(), 1).value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(hosts_whose_files_are_copies_lose_nothing) {
  Site site;
  site.one.open();
  std::filesystem::copy_file(site.one.settings.file, site.two.settings.file);
  BOOST_TEST(site.one.open()->name() == site.two.open()->name());
  site.collect();
  site.report();
  check_each_once(site.mails());
}

BOOST_AUTO_TEST_CASE(many_rows_are_handed_over_in_parts) {
  Site site;
  site.one.settings.max_rows = 800;
  site.two.settings.max_rows = 800;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 2500; ++i) entries.push_back(entry("a.test", i));
  site.one.collect(entries);
  site.report();
  BOOST_TEST((messages_told(site.mails()) == Messages{{"a.test", 2500}}));
  BOOST_TEST(by_report(site.mails()).size() == 4u);
}

BOOST_AUTO_TEST_CASE(rows_that_come_late_make_a_further_report) {
  Site site;
  site.one.collect({entry("a.test"), entry("a.test"), entry("b.test")});
  site.report();
  site.two.collect({entry("a.test"), entry("a.test", 1), entry("c.test")});
  site.report();
  check_each_once(site.mails(), 4);
}

BOOST_AUTO_TEST_CASE(rows_that_come_while_the_report_is_made_are_not_lost) {
  Site site;
  site.one.collect({entry("a.test"), entry("a.test"), entry("b.test")});
  site.one.site_round();
  site.advance(chores::shared_report_grace);
  bool once = true;
  site.one.site_round([&](ReportPoint point) {
    if (point != ReportPoint::before_close || !std::exchange(once, false)) return;
    site.two.collect({entry("a.test"), entry("a.test", 1), entry("c.test")});
    site.two.site_round();
  });
  site.report();
  BOOST_TEST((messages_told(site.mails()) == of_both));
  BOOST_TEST(site.mails().size() == by_report(site.mails()).size());
}

BOOST_AUTO_TEST_CASE(the_other_host_may_come_in_between_anywhere) {
  Site site;
  site.collect();
  const auto interrupted = [&] {
    site.one.site_round([&](ReportPoint) { site.two.site_round(); });
  };
  interrupted();
  site.advance(chores::shared_report_grace);
  interrupted();
  site.two.site_round();
  check_each_once(site.mails());
}

BOOST_AUTO_TEST_CASE(a_lease_ends_by_itself) {
  const RedisServer redis;
  BOOST_TEST(shared_at(redis, 10ms)->lead().value());
  const auto next = shared_at(redis);
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (!next->lead().value() && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(10ms);
  BOOST_TEST(next->leads());
}

BOOST_AUTO_TEST_CASE(whoever_has_lost_the_lease_writes_nothing) {
  const RedisServer redis;
  const auto former = shared_at(redis);
  const auto holder = shared_at(redis);
  const auto rows = three_messages(1);
  BOOST_REQUIRE(former->take(rows));
  BOOST_TEST(former->lead().value());
  BOOST_TEST(!holder->lead().value());
  end_the_lease(redis);
  BOOST_TEST(holder->lead().value());
  const auto open = former->ended_at(midnight + 24h, 10).value();
  BOOST_REQUIRE(open.size() == 1u);
  const ports::MadeReport made{"id", "<xml/>", midnight + 25h, rows.rows, {"in@a.test"}};
  BOOST_TEST(!former->close(open.front(), made).value());
  BOOST_TEST(!former->leads());
  BOOST_TEST(holder->close(open.front(), made).value());
  BOOST_TEST(!former->claim(midnight + 26h, midnight + 27h).value().has_value());
  BOOST_TEST(holder->leave().value());
  BOOST_TEST(former->lead().value());
  BOOST_TEST(former->claim(midnight + 26h, midnight + 27h).value()->text == "<xml/>");
}

BOOST_AUTO_TEST_CASE(a_delivery_is_settled_by_who_claimed_it_alone) {
  Site site;
  site.collect();
  site.one.site_round();
  site.two.site_round();
  site.advance(chores::shared_report_grace);
  const auto slow = shared_at(site.redis);
  BOOST_REQUIRE(slow->lead().value());
  bool once = true;
  // It hands one over, and is so slow that its claim has ended when it comes back.
  const auto done =
      chores::ReportKeeper{}.round(site.one.world(*slow, [&](ReportPoint point) {
        if (point != ReportPoint::before_settle || !std::exchange(once, false)) return;
        BOOST_REQUIRE(slow->leave());
        site.advance(chores::report_claim);
        site.two.site_round();
      }));
  BOOST_TEST(!done);
  BOOST_TEST(site.mails().size() == 4u);
  for (const auto& [id, same] : by_report(site.mails())) BOOST_TEST(same.size() == 1u);
  const auto deliveries = shared_at(site.redis)->deliveries(10).value();
  for (const auto& delivery : deliveries)
    BOOST_TEST((delivery.state == DeliveryState::sent));
}

BOOST_AUTO_TEST_CASE(whoever_stood_still_past_his_claim_hands_nothing_over) {
  Site site;
  site.collect();
  site.one.site_round();
  site.two.site_round();
  site.advance(chores::shared_report_grace);
  bool once = true;
  const auto round = site.one.site_round([&](ReportPoint point) {
    if (point != ReportPoint::after_agreement || !std::exchange(once, false)) return;
    end_the_lease(site.redis);
    site.advance(chores::report_claim);
    BOOST_TEST(site.two.site_round().tally.sent == 3u);
  });
  BOOST_TEST(!once);
  BOOST_TEST(round.store_fault == "");
  BOOST_TEST(site.one.server.mails().empty());
  check_each_once(site.mails());
}

BOOST_AUTO_TEST_CASE(a_server_that_says_later_is_tried_again_by_any_host) {
  Site site;
  site.collect();
  site.one.server.data = 451;
  site.one.site_round();
  site.two.site_round();
  site.advance(chores::shared_report_grace);
  BOOST_TEST(site.one.site_round().tally.waiting == 3u);
  BOOST_TEST(site.two.site_round().tally.waiting == 0u);  // not due
  site.advance(10min);
  BOOST_TEST(site.two.site_round().tally.sent == 3u);
  check_each_once(site.mails());
  const auto deliveries = shared_at(site.redis)->deliveries(10).value();
  BOOST_REQUIRE(deliveries.size() == 3u);
  for (const auto& delivery : deliveries) {
    BOOST_TEST((delivery.state == DeliveryState::sent));
    BOOST_TEST(delivery.tries == 2u);
  }
}

BOOST_AUTO_TEST_CASE(an_address_has_one_share_of_a_day_for_the_site) {
  Site site;
  site.one.settings.per_destination = site.two.settings.per_destination = 1;
  for (const auto* domain : {"a.test", "b.test"})
    site.one.collect({entry(domain, 0, "mailto:in@a.test")});
  site.one.dns.add("b.test._report._dmarc.a.test TXT v=DMARC1");
  site.two.dns.add("b.test._report._dmarc.a.test TXT v=DMARC1");
  site.report();
  BOOST_TEST(site.mails().size() == 1u);
  site.advance(25h);
  site.report();
  BOOST_TEST(site.mails().size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_done_with_is_forgotten) {
  Site site;
  site.collect();
  site.report();
  BOOST_TEST(shared_at(site.redis)->deliveries(10).value().size() == 3u);
  site.advance(721h);
  site.one.site_round();
  BOOST_TEST(shared_at(site.redis)->deliveries(10).value().empty());
}

BOOST_AUTO_TEST_CASE(a_report_that_comes_back_to_another_host_suppresses_its_address) {
  Site site;
  site.collect();
  site.report();
  const auto deliveries = shared_at(site.redis)->deliveries(10).value();
  RecordedEvents events;
  const auto& returned =
      *std::ranges::find(deliveries, "in@b.test", &ports::Delivery::destination);
  for (auto* host : {&site.one, &site.two}) {
    const auto store = host->open();
    BOOST_TEST(store->keep_returned(returned.mark).value());
    BOOST_TEST(store->keep_returned("0123456789abcdef").value());
    host->site_round();
  }
  const std::vector<std::string> want{
      "report.suppressed to=in@b.test reason=a report came back"};
  BOOST_TEST(events.texts() == want, boost::test_tools::per_element());
  site.two.collect({entry("b.test"), entry("c.test")});
  const auto tally = site.two.site_round().tally;
  BOOST_TEST(tally.sent == 1u);
  BOOST_TEST(tally.given_up == 1u);
}

BOOST_AUTO_TEST_CASE(failure_reports_are_each_hosts_own) {
  Site site;
  reports::FailureIncident incident;
  incident.source_ip = "192.0.2.1";
  incident.reported_domain = "a.test";
  reports::FailedMessage message;
  message.header = "Message-ID: <1@a.test>\r\n";
  const ports::ReportEntry failed{WallTime{midnight + 9h},
                                  "a.test",
                                  to_text(incident),
                                  "",
                                  {"mailto:f@a.test"},
                                  ports::ReportKind::failure,
                                  example_of(incident, message)};
  for (auto* host : {&site.one, &site.two}) host->collect({failed, entry("a.test")});
  BOOST_TEST(site.one.site_round().tally.sent == 1u);
  site.redis.stop();
  BOOST_TEST(site.two.site_round().tally.sent == 1u);
  for (const auto& mail : site.mails())
    BOOST_TEST(mail.find("report-type=feedback-report") != std::string::npos);
  BOOST_TEST(site.one.waiting() == 0u);
  BOOST_TEST(site.two.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(redis_may_be_restarted_in_between) {
  Site site;
  site.collect();
  site.one.site_round();
  site.redis.stop();
  BOOST_TEST(!site.two.site_round().store_fault.empty());
  BOOST_TEST(site.two.waiting() == 2u);
  site.redis.start();
  site.two.site_round();
  site.redis.stop();
  site.redis.start();
  site.advance(chores::shared_report_grace);
  site.two.site_round();
  site.redis.stop();
  site.redis.start();
  site.one.site_round();
  check_each_once(site.mails());
}

BOOST_AUTO_TEST_CASE(a_host_whose_store_is_away_for_hours_reports_alone) {
  Site site;
  site.collect();
  site.one.site_round();
  site.redis.stop();
  site.two.site_round();
  site.advance(chores::alone_after - 1min);
  BOOST_TEST(site.two.site_round().tally.sent == 0u);
  site.advance(1min);
  RecordedEvents events;
  BOOST_TEST(site.two.site_round().tally.sent == 2u);
  const auto texts = events.texts();
  BOOST_TEST(std::ranges::any_of(texts, [](const std::string& text) {
    return text.starts_with("report.alone store=redis periods=2 ");
  }));
  site.redis.start();
  site.report();
  check_each_once(site.mails(), 4);
}

BOOST_AUTO_TEST_CASE(rows_that_were_offered_wait_for_the_store_however_long_it_is_away) {
  Site site;
  site.collect();
  BOOST_REQUIRE(
      is_killed([&] { site.two.site_round(death_at(ReportPoint::after_taken, 1)); }));
  site.redis.stop();
  site.advance(chores::alone_after * 2);
  BOOST_TEST(site.two.site_round().tally.made == 1u);  // what was not offered
  site.advance(chores::alone_after * 2);
  BOOST_TEST(site.two.site_round().tally.made == 0u);
  BOOST_TEST(site.two.waiting() == 1u);
  site.redis.start();
  site.report();
  BOOST_TEST((messages_told(site.mails()) == of_both));
  BOOST_TEST(site.mails().size() == by_report(site.mails()).size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
