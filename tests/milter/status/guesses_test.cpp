// SPDX-License-Identifier: Apache-2.0
// Who guesses the token is refused after a while; others are not.
#include "milter/status/guesses.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "milter/status/site.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_sink.h"

namespace milterward::status {
namespace {

using namespace std::chrono_literals;
using tests::FakeClock;

IpAddress address(const std::string& text) { return IpAddress::parse(text).value(); }

struct Watched {
  FakeClock clock;
  std::string right = "opensesame";
  Site site{{[] { return std::string{"numbers\n"}; },
             [] { return std::vector<std::string>{}; }, [this] { return right; },
             [] { return Overview{}; },
             [](const std::string& wanted) {
               return SearchResult{wanted, {}, ""};
             },
             "mail.example.org", [this] { return clock.now(); }}};

  int status(const std::string& token, const std::string& client = "192.0.2.1",
             const std::string& path = "/") const {
    return site
        .answer({path,
                 {},
                 "localhost",
                 token.empty() ? "" : "Bearer " + token,
                 address(client)})
        .status;
  }
  void exhaust(const std::string& client) const {
    for (std::size_t i = 0; i < most_wrong_tokens; ++i)
      BOOST_TEST(status("wrong", client) == 401);
  }
};

BOOST_FIXTURE_TEST_SUITE(guesses, Watched)

BOOST_AUTO_TEST_CASE(after_so_many_wrong_tokens_none_is_looked_at_for_a_while) {
  const tests::RecordedSink log;
  exhaust("192.0.2.1");
  BOOST_TEST(status("wrong") == 429);
  BOOST_TEST(status("opensesame") == 429);
  BOOST_TEST(log.lines().size() == 1U);
  clock.advance(guess_window - 1s);
  BOOST_TEST(status("opensesame") == 429);
  clock.advance(1s);
  BOOST_TEST(status("opensesame") == 200);
  exhaust("192.0.2.1");
  BOOST_TEST(status("opensesame") == 429);
  BOOST_TEST(log.lines().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_needs_no_token_is_shown_on) {
  exhaust("192.0.2.1");
  BOOST_TEST(status("") == 200);
  BOOST_TEST(status("", "192.0.2.1", "/metrics") == 200);
}

BOOST_AUTO_TEST_CASE(a_token_that_nobody_guesses_is_looked_at_all_the_same) {
  right = std::string(long_token, 'x');
  exhaust("192.0.2.1");
  BOOST_TEST(status("wrong") == 429);
  BOOST_TEST(status(right) == 200);
  BOOST_TEST(status("wrong") == 429);
}

BOOST_AUTO_TEST_CASE(others_are_not_refused) {
  exhaust("192.0.2.1");
  BOOST_TEST(status("opensesame", "192.0.2.2") == 200);
}

BOOST_AUTO_TEST_CASE(a_network_of_64_bits_is_one_guesser) {
  exhaust("2001:db8:0:1::1");
  BOOST_TEST(status("opensesame", "2001:db8:0:1:ffff::2") == 429);
  BOOST_TEST(status("opensesame", "2001:db8:0:2::1") == 200);
}

BOOST_AUTO_TEST_CASE(who_errs_now_and_then_is_not_refused) {
  for (std::size_t i = 0; i < 3 * most_wrong_tokens; ++i) {
    BOOST_TEST(status("wrong") == 401);
    clock.advance(10s);
  }
}

BOOST_AUTO_TEST_CASE(a_crowd_beyond_the_bound_counts_as_one) {
  for (std::size_t i = 0; i < most_guessers; ++i)
    status("wrong", fmt::format("10.0.{}.{}", i / 250, i % 250));
  for (std::size_t i = 0; i < most_wrong_tokens; ++i)
    BOOST_TEST(status("wrong", fmt::format("10.1.0.{}", i)) == 401);
  BOOST_TEST(status("wrong", "10.1.0.99") == 429);
  BOOST_TEST(status("opensesame", "10.0.0.1") == 200);
  clock.advance(guess_window);
  BOOST_TEST(status("opensesame", "10.1.0.99") == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::status
