// SPDX-License-Identifier: Apache-2.0
// One of two hosts that share a real Redis is killed for good (SIGKILL) at each point that
// policy/ports/report_points.h names and it comes to: the other goes on when the lease has
// ended, the dead one comes back later, and each report comes once.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "tests/policy/backends/report_site.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using ports::ReportPoint;

namespace {

/// What the first host does until its reports are out.
void report_at_a_site(Site& site, const ports::AtReportPoint& at) {
  site.one.site_round(at);
  std::ofstream{site.one.directory.path("handed")} << '.';
  site.advance(chores::shared_report_grace);
  site.one.site_round(at);
}

/// Whether the host came to that point so often.
bool is_whole_after_death_at(Site& site, const ports::NamedReportPoint& named, int nth) {
  site.collect();
  BOOST_REQUIRE(site.one.open()->keep_returned("0123456789abcdef"));
  site.two.site_round();
  // A watcher that counts the times across both rounds.
  const auto death = std::make_shared<ports::AtReportPoint>(death_at(named.point, nth));
  if (!is_killed(
          [&] { report_at_a_site(site, [death](ReportPoint point) { (*death)(point); }); }))
    return false;
  const bool is_handed_over = std::ifstream{site.one.directory.path("handed")}.is_open();
  // The other goes on at once, and the dead one comes back later.
  end_the_lease(site.redis);
  site.advance(chores::shared_report_grace);
  site.two.site_round();
  site.advance(chores::report_claim);
  site.two.site_round();
  site.report();
  const auto mails = site.mails();
  const auto reports = by_report(mails);
  BOOST_TEST((messages_told(mails) == of_both));
  if (is_handed_over) BOOST_TEST(reports.size() == of_both.size());
  for (const auto& [id, different] : reports)
    BOOST_TEST(different.size() == 1u, "another mail of report " << id);
  const auto again = mails.size() - reports.size();
  BOOST_TEST(again == (named.may_repeat ? 1u : 0u));
  BOOST_TEST(site.one.waiting() + site.two.waiting() == 0u);
  return true;
}

// Played as backend.report_kills.
BOOST_AUTO_TEST_SUITE(report_site_kills, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(whichever_host_is_killed_where_the_other_goes_on) {
  std::set<ReportPoint> reached;
  for (const auto& named : ports::report_points)
    for (int nth = 1; nth <= 2; ++nth) {
      BOOST_TEST_CONTEXT("killed at " << named.name << ", time " << nth) {
        Site site;
        if (is_whole_after_death_at(site, named, nth)) reached.insert(named.point);
      }
    }
  for (const auto& named : ports::report_points)
    if (named.of_sharing)
      BOOST_TEST(reached.contains(named.point), named.name << " was not reached");
  for (const auto point : {ReportPoint::before_close, ReportPoint::after_close,
                           ReportPoint::after_claim, ReportPoint::after_hand_over,
                           ReportPoint::before_settle, ReportPoint::after_settle})
    BOOST_TEST(reached.contains(point));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
