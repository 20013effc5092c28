// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/metered_counters.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"

using namespace milterward;
using namespace milterward::ports;

namespace {

/// Takes a second for everything, and answers or not.
class SlowCounters final : public Counters {
 public:
  SlowCounters(std::shared_ptr<tests::FakeClock> clock, bool answers)
      : clock_(std::move(clock)), answers_(answers) {}
  Result<HitResult, StoreFault> hit(std::span<const Hit>, Grant, Seconds,
                                    Deadline) override {
    clock_->advance(std::chrono::seconds{1});
    if (!answers_) return Unexpected{StoreFault{"away"}};
    return HitResult{{}, true, false};
  }
  Result<std::monostate, StoreFault> keep(std::span<const Granted>, Deadline) override {
    clock_->advance(std::chrono::seconds{1});
    if (!answers_) return Unexpected{StoreFault{"away"}};
    return std::monostate{};
  }
  void give_back(std::span<const Granted>) noexcept override {
    clock_->advance(std::chrono::seconds{1});
  }
  Result<std::monostate, StoreFault> clear(std::span<const std::string>,
                                           Deadline) override {
    clock_->advance(std::chrono::seconds{1});
    return std::monostate{};
  }

 private:
  const std::shared_ptr<tests::FakeClock> clock_;
  const bool answers_;
};

/// Keeps what is said of the store.
class Noted final : public Metrics {
 public:
  void decided(const CountedDecision&) noexcept override {}
  void authenticated(std::string_view, std::string_view) noexcept override {}
  void signing(std::string_view) noexcept override {}
  void quota_was(const CountedQuota&) noexcept override {}
  void message_took(std::chrono::microseconds) noexcept override {}
  void stage_took(Stage, std::chrono::microseconds) noexcept override {}
  void dns_asked(DnsAsked) noexcept override {}
  void dns_answered(std::string_view, std::chrono::microseconds) noexcept override {}
  void store_used(std::string_view operation, std::string_view result,
                  std::chrono::microseconds time) noexcept override {
    text += std::string{operation} + " " + std::string{result} + " " +
            std::to_string(time.count()) + "\n";
  }
  void journal_wrote(std::size_t) noexcept override {}
  void journal_missed(std::size_t) noexcept override {}
  std::string text;
};

std::string noted_of(bool answers) {
  const auto clock = std::make_shared<tests::FakeClock>();
  const auto noted = std::make_shared<Noted>();
  MeteredCounters counters{std::make_shared<SlowCounters>(clock, answers), noted, clock};
  const auto deadline = Deadline::after(*clock, std::chrono::seconds{9});
  BOOST_TEST(counters.hit({}, Grant::always, Seconds{0}, deadline).has_value() == answers);
  BOOST_TEST(counters.keep({}, deadline).has_value() == answers);
  counters.give_back({});
  BOOST_TEST(counters.clear({}, deadline).has_value());
  return noted->text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metered_counters)

BOOST_AUTO_TEST_CASE(each_answer_passes_and_is_noted_with_its_time) {
  BOOST_TEST(noted_of(true) ==
             "hit ok 1000000\nkeep ok 1000000\ngive_back ok 1000000\nclear ok 1000000\n");
}

BOOST_AUTO_TEST_CASE(faults_pass_and_are_noted_as_such) {
  BOOST_TEST(noted_of(false) ==
             "hit fault 1000000\nkeep fault 1000000\ngive_back ok 1000000\n"
             "clear ok 1000000\n");
}

BOOST_AUTO_TEST_SUITE_END()
