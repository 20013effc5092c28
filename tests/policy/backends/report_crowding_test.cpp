// SPDX-License-Identifier: Apache-2.0
// Whoever has failures noted in the name of a thousand domains, or names whose servers are
// silent, does not keep honest reports from being collected and sent.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "policy/chores/silent_dns.h"
#include "tests/policy/backends/report_post.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

ports::ReportEntry large_failure(const std::string& domain) {
  auto failed = entry(domain);
  failed.kind = ports::ReportKind::failure;
  failed.example =
      "Feedback-Type: auth-failure\r\n\r\nX: " + std::string(20'000, 'x') + "\r\n";
  failed.row = "";
  return failed;
}

std::set<std::string> asked_names(const Post& post, std::string_view end) {
  std::set<std::string> names;
  for (const auto& question : post.dns.asked())
    if (question.name.ends_with(end)) names.insert(question.name);
  return names;
}

BOOST_AUTO_TEST_SUITE(report_crowding)

BOOST_AUTO_TEST_CASE(failures_fill_no_more_than_their_part_of_the_file) {
  Post post;
  const auto store = post.open();
  auto room = post.room();
  room.octets = 1'000'000;
  std::vector<ports::ReportEntry> failures;
  for (int i = 0; i < 40; ++i)
    failures.push_back(large_failure(fmt::format("d{}.test", i)));
  const auto left_out = store->add(failures, room).value();
  const std::size_t kept = 40 - left_out.entries;
  BOOST_TEST(kept >= 10u);
  BOOST_TEST(kept <= 13u);
  const std::vector again{failures.front()};  // is counted with what is there
  BOOST_TEST(store->add(again, room).value().entries == 0u);
  std::vector<ports::ReportEntry> rows;
  for (int i = 0; i < 400; ++i) rows.push_back(entry(fmt::format("honest{}.test", i)));
  BOOST_TEST(store->add(rows, room).value().entries == 0u);
  // What is sent makes room again.
  BOOST_TEST(post.round(*store).sent == kept + rows.size());
  BOOST_TEST(store->add(failures, room).value().entries == left_out.entries);
}

BOOST_AUTO_TEST_CASE(no_organization_is_waited_for_twice_in_a_round) {
  Post post;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 30; ++i) {
    post.dns.add(fmt::format("_dmarc.s{}.evil.test TIMEOUT", i));
    entries.push_back(entry(fmt::format("s{}.evil.test", i), 0, "mailto:in@taker.test"));
  }
  entries.push_back(entry("honest.test"));
  post.collect(entries);
  const auto tally = post.round();
  BOOST_TEST(tally.waiting == 30u);
  BOOST_TEST(tally.sent == 1u);
  std::size_t waited_for = 0;
  for (int i = 0; i < 30; ++i)
    waited_for += asked_names(post, fmt::format("_dmarc.s{}.evil.test", i)).size();
  BOOST_TEST(waited_for == 1u);
  const auto deliveries = post.deliveries();
  // All others were not tried.
  BOOST_TEST(std::ranges::count(deliveries, 1u, &ports::Delivery::tries) == 2);
}

BOOST_AUTO_TEST_CASE(no_round_waits_for_more_than_some_who_are_silent) {
  Post post;
  std::vector<ports::ReportEntry> entries;
  for (int i = 0; i < 25; ++i) {
    post.dns.add(fmt::format("_dmarc.silent{}.test TIMEOUT", i));
    entries.push_back(entry(fmt::format("silent{}.test", i), 0, "mailto:in@taker.test"));
  }
  entries.push_back(entry("honest.test"));
  post.collect(entries);
  const auto first = post.round();
  BOOST_TEST(first.waiting == chores::most_silent_of_a_round);
  BOOST_TEST(first.is_cut_short);
  BOOST_TEST(post.server.mails().empty());
  post.clock.advance(1min);
  BOOST_TEST(post.round().waiting == chores::most_silent_of_a_round);
  post.clock.advance(1min);
  const auto tally = post.round();  // all others have been pushed back by then
  BOOST_TEST(tally.waiting == 5u);
  BOOST_TEST(!tally.is_cut_short);
  BOOST_TEST(tally.sent == 1u);
}

BOOST_AUTO_TEST_CASE(a_failure_report_is_given_up_after_six_hours) {
  Post post;
  post.dns.add("_dmarc.taker.test TIMEOUT");
  auto failed = large_failure("a.test");
  failed.uris = {"mailto:in@taker.test"};
  post.collect({failed, entry("a.test", 0, "mailto:in@taker.test")});
  BOOST_TEST(post.round().waiting == 2u);
  post.clock.advance(6h);
  const auto tally = post.round();
  BOOST_TEST(tally.given_up == 1u);
  BOOST_TEST(tally.waiting == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
