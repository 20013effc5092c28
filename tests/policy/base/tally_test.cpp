// SPDX-License-Identifier: Apache-2.0
#include "policy/base/tally.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "policy/base/histogram.h"

using namespace milterward;
using namespace std::chrono_literals;

namespace {

/// "reject relay.denied 2", one a line
std::string text_of(const Tally& tally) {
  std::string text;
  for (const auto& row : tally.rows()) {
    for (const auto& word : row.words) text += word + " ";
    text += std::to_string(row.count) + "\n";
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tally)

BOOST_AUTO_TEST_CASE(counts_by_all_of_the_words) {
  Tally tally{8};
  tally.add({"reject", "relay.denied"});
  tally.add({"accept", "dmarc.pass"});
  tally.add({"reject", "relay.denied"});
  tally.add({"reject", "relay.denied-not"}, 5);
  BOOST_TEST(text_of(tally) ==
             "accept dmarc.pass 1\nreject relay.denied 2\nreject relay.denied-not 5\n");
}

BOOST_AUTO_TEST_CASE(what_has_no_room_is_counted_as_other) {
  Tally tally{2};
  for (const auto* word : {"a", "b", "c", "d", "a"}) tally.add({word, "x"});
  BOOST_TEST(text_of(tally) == "a x 2\nb x 1\nother other 2\n");
}

BOOST_AUTO_TEST_CASE(threads_lose_nothing_and_make_nothing_twice) {
  Tally tally{64};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) tally.add({"rule", std::to_string(n % 50)});
    });
  for (auto& thread : threads) thread.join();
  const auto rows = tally.rows();
  BOOST_TEST(rows.size() == 50U);
  for (const auto& row : rows) BOOST_TEST(row.count == 1600U);
}

BOOST_AUTO_TEST_CASE(a_duration_falls_into_the_first_bucket_that_takes_it) {
  Histogram histogram;
  histogram.add(0us);
  histogram.add(100us);
  histogram.add(101us);
  histogram.add(31s);
  const auto picture = histogram.picture();
  BOOST_TEST(picture.buckets[0] == 2U);
  BOOST_TEST(picture.buckets[1] == 1U);
  BOOST_TEST(picture.buckets.back() == 1U);
  BOOST_TEST((picture.sum == 31s + 201us));
}

BOOST_AUTO_TEST_SUITE_END()
