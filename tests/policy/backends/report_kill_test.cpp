// SPDX-License-Identifier: Apache-2.0
// Reports of a daemon that is killed for good (SIGKILL) at each point that
// policy/ports/report_points.h names, from the row that is counted to the report that is
// forgotten: each comes once, all that was durable stands in them, and only what was on
// its way between the end of DATA and its record comes a second time, as the same mail.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <string>

#include "tests/policy/backends/report_post.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using ports::DeliveryState;
using ports::ReportPoint;

namespace {

constexpr int batches = 3;
const std::vector<std::string> takers{"a.test", "b.test", "c.test"};
const std::vector<std::string> strangers{"x.test", "y.test", "z.test"};

/// The life of all that was collected in one day. Each batch that was durable leaves an
/// octet in "durable", as its sender would count what it was told is kept.
void live(Post& post, const ports::AtReportPoint& at) {
  const auto store = post.open();
  const auto shared = std::make_shared<ports::AtReportPoint>(at);
  const auto watcher = [shared](ReportPoint point) { (*shared)(point); };
  store->watch(watcher);
  for (int batch = 0; batch < batches; ++batch) {
    std::vector<ports::ReportEntry> entries;
    for (const auto* domains : {&takers, &strangers})
      for (const auto& domain : *domains) entries.push_back(entry(domain, batch));
    static_cast<void>(store->add(entries, post.room()));
    std::ofstream{post.directory.path("durable"), std::ios::app} << '.';
  }
  post.round(*store, watcher);
  // Three come back, one after the other; each was sent.
  const auto deliveries = store->deliveries(100).value();
  for (const auto& delivery : deliveries)
    if (delivery.state == DeliveryState::sent)
      static_cast<void>(
          store->note_returned(delivery.mark, midnight + 25h, midnight + 26h));
  for (int month = 0; month < 3; ++month) {
    post.clock.advance(721h);
    post.round(*store, watcher);
  }
}

std::uint64_t durable_batches(const Post& post, ReportPoint died_at) {
  std::ifstream file{post.directory.path("durable")};
  std::string octets;
  file >> octets;
  // It is durable, and whoever sent it does not know so yet.
  return octets.size() + (died_at == ReportPoint::after_rows ? 1 : 0);
}

void check_after_death_at(const ports::NamedReportPoint& named, int nth) {
  Post post;
  for (const auto& domain : strangers) post.server.unknown.insert("in@" + domain);
  BOOST_REQUIRE_MESSAGE(is_killed([&] { live(post, death_at(named.point, nth)); }),
                        named.name << " was not reached " << nth << " times");
  post.clock.advance(chores::report_claim);
  post.round();

  const auto mails = post.server.mails();
  const auto reports = by_report(mails);
  const auto durable = durable_batches(post, named.point);
  std::map<std::string, std::uint64_t> want;
  if (durable != 0)
    for (const auto& domain : takers) want[domain] = durable;
  BOOST_TEST((messages_told(mails) == want));
  BOOST_TEST(reports.size() == want.size());
  for (const auto& [id, different] : reports)
    BOOST_TEST(different.size() == 1u, "another mail of report " << id);
  // Settling is reached by addresses that refuse, too, for which nothing comes twice.
  const auto again = mails.size() - reports.size();
  BOOST_TEST(again <= (named.may_repeat ? 1u : 0u));
  if (named.point == ReportPoint::after_dot || named.point == ReportPoint::after_hand_over)
    BOOST_TEST(again == 1u);

  const auto store = post.open();
  BOOST_TEST(store->ended_at(midnight + 1000h, 10).value().empty());
  const auto deliveries = store->deliveries(100).value();
  for (const auto& delivery : deliveries)
    BOOST_TEST((delivery.state != DeliveryState::waiting));
}

// Played as backend.report_kills.
BOOST_AUTO_TEST_SUITE(report_kills, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(at_least_twenty_points_have_names_of_their_own) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < ports::report_points.size(); ++i) {
    BOOST_TEST((ports::report_points[i].point == static_cast<ReportPoint>(i)));
    BOOST_TEST(names.insert(ports::report_points[i].name).second);
  }
  BOOST_TEST(names.size() >= 20u);
}

BOOST_AUTO_TEST_CASE(whoever_is_killed_at_any_point_loses_and_repeats_nothing) {
  for (const auto& named : ports::report_points) {
    if (named.of_sharing) continue;  // report_sharing_test.cpp
    for (int nth = 1; nth <= 3; ++nth) {
      BOOST_TEST_CONTEXT("killed at " << named.name << ", time " << nth) {
        check_after_death_at(named, nth);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mail_server_that_kills_its_client_has_the_same_mail_twice) {
  Post post;
  post.collect({entry("a.test")});
  BOOST_TEST(is_killed([&] {
    post.server.before_answer = [] { ::kill(::getpid(), SIGKILL); };
    post.round();
  }));
  post.clock.advance(chores::report_claim);
  post.round();
  const auto mails = post.server.mails();
  BOOST_REQUIRE(mails.size() == 2u);
  BOOST_TEST(mails[0] == mails[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
