// SPDX-License-Identifier: Apache-2.0
// What hosts share may go from Redis, and so may the lease of who is at it: neither holds
// up the rest, and nothing is sent twice.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/report_site.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using ports::ReportPoint;

namespace {

std::string numbered_key(const char* kind, std::int64_t number) {
  return fmt::format("{}:{}", kind, number);
}

/// A site whose hosts have handed over, and which has not reported.
struct FullSite : Site {
  FullSite() {
    collect();
    one.site_round();
    two.site_round();
    advance(chores::shared_report_grace);
  }
  ports::OpenReport period(const std::string& domain) const {
    const auto open = shared_at(redis)->ended_at(midnight + 99h, 10).value();
    const auto found = std::ranges::find(open, domain, &ports::OpenReport::domain);
    BOOST_REQUIRE((found != open.end()));
    return *found;
  }
};

BOOST_AUTO_TEST_SUITE(report_store_loss)

BOOST_AUTO_TEST_CASE(a_period_that_has_gone_is_told_once_and_holds_up_nobody) {
  for (const auto* what : {"open", "rows"}) {
    BOOST_TEST_CONTEXT(what) {
      FullSite site;
      const auto number = site.period("a.test").number;
      drop_key(site.redis, numbered_key(what, number));
      BOOST_TEST(shared_at(site.redis)->ended_at(midnight + 99h, 10).value().size() == 2u);
      RecordedEvents events;
      BOOST_TEST(site.one.site_round().tally.sent == 2u);
      BOOST_TEST(site.two.site_round().tally.sent == 0u);
      const auto want = fmt::format("report.lost_in_store store={} what=period number={}",
                                    site.redis.url(), number);
      BOOST_TEST(std::ranges::count(events.texts(), want) == 1);
      // What comes later of that period begins anew.
      site.one.collect({entry("a.test")});
      site.report();
      BOOST_TEST((messages_told(site.mails()) ==
                  Messages{{"a.test", 1}, {"b.test", 1}, {"c.test", 1}}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_delivery_that_has_gone_is_told_once_and_holds_up_nobody) {
  for (const auto* what : {"delivery", "made"}) {
    BOOST_TEST_CONTEXT(what) {
      FullSite site;
      site.one.server.data = 451;
      BOOST_TEST(site.one.site_round().tally.waiting == 3u);
      const auto deliveries = shared_at(site.redis)->deliveries(10).value();
      const auto& lost = deliveries.back();  // the first that is due
      drop_key(site.redis, std::string{what} == "made"
                               ? "made:" + lost.report
                               : numbered_key("delivery", lost.number));
      BOOST_TEST(shared_at(site.redis)->deliveries(10).value().size() == 2u);
      site.advance(10min);
      RecordedEvents events;
      BOOST_TEST(site.two.site_round().tally.sent == 2u);
      site.two.site_round();
      const auto want = fmt::format("report.lost_in_store store={} what=delivery number={}",
                                    site.redis.url(), lost.number);
      BOOST_TEST(std::ranges::count(events.texts(), want) == 1);
      const bool had_mark = std::string{what} == "made";  // else it has gone with it
      if (had_mark)
        BOOST_TEST(tell_redis(site.redis,
                              {"HEXISTS", "milterward:reports:marks", lost.mark}) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(periods_whose_order_has_gone_are_reported_when_more_comes) {
  FullSite site;
  drop_key(site.redis, "ends");
  site.one.site_round();
  BOOST_TEST(site.mails().empty());
  site.one.collect({entry("a.test")});
  site.report();
  BOOST_TEST((messages_told(site.mails()) == Messages{{"a.test", 5}}));
}

BOOST_AUTO_TEST_CASE(whoever_loses_the_lease_sends_no_more_and_leaves_it_to_the_other) {
  for (const auto point : {ReportPoint::after_agreement, ReportPoint::before_close,
                           ReportPoint::before_claim, ReportPoint::after_claim}) {
    FullSite site;
    bool once = true;
    const auto round = site.one.site_round([&](ReportPoint reached) {
      if (reached == point && std::exchange(once, false))
        tell_redis(site.redis, {"SET", "milterward:reports:lease", "another"});
    });
    BOOST_TEST(!once);
    BOOST_TEST(round.store_fault == "");
    BOOST_TEST(site.one.server.mails().empty());
    end_the_lease(site.redis);
    site.two.site_round();
    BOOST_TEST((messages_told(site.mails()) == of_both));
    BOOST_TEST(site.mails().size() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_may_throw_things_away_is_told_of) {
  Site site;
  BOOST_TEST(site.one.site_round().eviction == "");
  tell_redis(site.redis, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  BOOST_TEST(site.one.site_round().eviction == "allkeys-lru");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
