// SPDX-License-Identifier: Apache-2.0
// What messages under way at the same time leave in the memory of their sender.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "policy/warmup.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_counters.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using ports::Grant;
using ports::Hit;
using ports::Reservation;

constexpr auto one_class = R"(
[quota]
default_class = "free"
[[quota.class]]
name = "free"
limits = ["messages=500/day"]
)";

struct World {
  Services services;
  std::shared_ptr<FakeCounters> store = std::make_shared<FakeCounters>();

  World() {
    services.config = std::make_shared<const conf::Config>(configuration_from(one_class));
    services.clock = std::make_shared<FakeClock>();
    services.counters = store;
  }
  Warmup joe() const {
    return {services,
            {rules::QuotaScope::account, "joe@home.test",
             &services.config->quota.classes.front().plan, "free"}};
  }
  Deadline soon() const { return Deadline::after(*services.clock, 1s); }
  ports::Seconds now() const { return ports::since_1970(*services.clock); }
  void reserve(Warmup& warmup, Reservation& reservation) const {
    std::vector<Hit> hits;
    warmup.add_memory(hits);
    const auto found = reservation.add(hits, Grant::always, now(), soon());
    BOOST_REQUIRE(found.has_value());
    warmup.remember(*found);
  }
  void accept(const Warmup& warmup, Reservation& reservation) const {
    BOOST_REQUIRE(warmup.begin_day(reservation, soon()));
    BOOST_REQUIRE(reservation.commit(soon()).has_value());
  }
  std::uint64_t days_seen() const {
    const Hit seen{"seen:account:joe@home.test", ports::lasting, 0};
    return store->hit({&seen, 1}, Grant::always, now(), soon())->counts[0].used;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(warmup_memory)

BOOST_AUTO_TEST_CASE(a_day_counts_once_for_messages_at_the_same_time) {
  const World world;
  auto first = world.joe(), second = world.joe();
  Reservation of_first{*world.store}, of_second{*world.store};
  world.reserve(first, of_first);
  world.reserve(second, of_second);
  world.accept(first, of_first);
  world.accept(second, of_second);
  BOOST_TEST(world.days_seen() == 1U);
}

BOOST_AUTO_TEST_CASE(a_day_counts_though_the_message_before_was_given_up) {
  const World world;
  auto given_up = world.joe(), accepted = world.joe();
  Reservation of_given_up{*world.store}, of_accepted{*world.store};
  world.reserve(given_up, of_given_up);
  world.reserve(accepted, of_accepted);
  world.accept(accepted, of_accepted);
  of_given_up.release();
  BOOST_TEST(world.days_seen() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
