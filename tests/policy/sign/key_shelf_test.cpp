// SPDX-License-Identifier: Apache-2.0
// Keys that are loaded when they are needed: how often it is looked, what is kept, what a
// silent source means.
#include "policy/sign/key_shelf.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "tests/support/fake_clock.h"
#include "tests/support/recorded_sink.h"

namespace milterward::sign {
namespace {

using namespace std::chrono_literals;

class SomeKey final : public ports::PrivateKey {
 public:
  ports::SigningAlgorithm algorithm() const noexcept override {
    return ports::SigningAlgorithm::ed25519_sha256;
  }
  unsigned bits() const noexcept override { return 256; }
  std::string public_record() const override { return {}; }
  Result<std::string, ports::SigningFault> sign(std::string_view) const override {
    return Unexpected{ports::SigningFault::bad_key};
  }
};

/// Selectors and stamps by domain; a stamp of "broken" is a key that cannot be used.
class Cupboard final : public ports::DomainKeys {
 public:
  std::map<std::string, std::map<std::string, std::string>> keys;
  std::set<std::string> silent;
  int asked = 0;
  int loaded = 0;

  Result<std::vector<ports::DomainKey>, ports::KeyFault> keys_of(
      const Domain& domain, const std::vector<ports::DomainKey>& former,
      Deadline) override {
    ++asked;
    if (silent.contains(domain.name()))
      return Unexpected{ports::KeyFault{"the door is stuck"}};
    std::vector<ports::DomainKey> found;
    for (const auto& [selector, stamp] : keys[domain.name()]) {
      auto key = unchanged(former, selector, stamp);
      if (stamp == "broken") {
        found.push_back(
            {selector, selector, stamp, Unexpected{ports::KeyFault{"it is broken"}}});
        continue;
      }
      if (!key) {
        ++loaded;
        key = std::make_shared<const SomeKey>();
      }
      found.push_back({selector, selector, stamp, std::move(key)});
    }
    return found;
  }
};

struct Room {
  std::shared_ptr<tests::FakeClock> clock = std::make_shared<tests::FakeClock>();
  std::shared_ptr<Cupboard> cupboard = std::make_shared<Cupboard>();
  std::shared_ptr<Cupboard> second = std::make_shared<Cupboard>();
  KeyShelf shelf{{cupboard, second}, {}, {16, 60s}, clock};
  tests::RecordedSink log;

  /// "s1 s2!", with a mark at those that cannot be used; "?" when nobody knows.
  std::string of(const std::string& name) {
    const auto keys =
        shelf.keys_of(Domain::parse(name).value(), Deadline::after(*clock, 1s));
    if (!keys) return "?";
    std::string text;
    for (const auto& key : **keys)
      text += (text.empty() ? "" : " ") + key.settings.selector + (key.key ? "" : "!");
    return text;
  }
};

BOOST_FIXTURE_TEST_SUITE(key_shelf, Room)

BOOST_AUTO_TEST_CASE(nothing_is_read_before_it_is_needed_and_then_once) {
  cupboard->keys["a.test"] = {{"s1", "1"}, {"s2", "1"}};
  BOOST_TEST(cupboard->asked == 0);
  BOOST_TEST(of("a.test") == "s1 s2");
  BOOST_TEST(of("a.test") == "s1 s2");
  BOOST_TEST(cupboard->asked == 1);
  BOOST_TEST(cupboard->loaded == 2);
}

BOOST_AUTO_TEST_CASE(that_a_domain_has_no_key_is_remembered_too) {
  BOOST_TEST(of("none.test") == "");
  BOOST_TEST(of("none.test") == "");
  BOOST_TEST(cupboard->asked == 1);
}

BOOST_AUTO_TEST_CASE(after_its_time_it_is_looked_again_and_only_what_changed_is_loaded) {
  cupboard->keys["a.test"] = {{"s1", "1"}, {"s2", "1"}};
  of("a.test");
  clock->advance(61s);
  cupboard->keys["a.test"] = {{"s1", "1"}, {"s2", "2"}, {"s3", "1"}};
  BOOST_TEST(of("a.test") == "s1 s2 s3");
  BOOST_TEST(cupboard->loaded == 4);
}

BOOST_AUTO_TEST_CASE(a_reload_looks_at_everything_again) {
  cupboard->keys["a.test"] = {{"s1", "1"}};
  of("a.test");
  shelf.doubt_all();
  cupboard->keys["a.test"].erase("s1");
  BOOST_TEST(of("a.test") == "");
}

BOOST_AUTO_TEST_CASE(one_domain_can_be_doubted) {
  of("a.test");
  of("b.test");
  cupboard->keys["a.test"] = {{"s1", "1"}};
  cupboard->keys["b.test"] = {{"s1", "1"}};
  shelf.doubt(Domain::parse("a.test").value());
  BOOST_TEST(of("a.test") == "s1");
  BOOST_TEST(of("b.test") == "");
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_latest_stay) {
  for (int i = 0; i < 100; ++i) {
    const auto name = "d" + std::to_string(i) + ".test";
    cupboard->keys[name] = {{"s1", "1"}, {"s2", "1"}};
    of(name);
  }
  BOOST_TEST(shelf.size() == 8U);
  const auto asked = cupboard->asked;
  of("d99.test");
  BOOST_TEST(cupboard->asked == asked);
  of("d0.test");
  BOOST_TEST(cupboard->asked == asked + 1);
}

BOOST_AUTO_TEST_CASE(a_source_that_is_silent_leaves_in_force_what_was_known) {
  cupboard->keys["a.test"] = {{"s1", "1"}};
  of("a.test");
  cupboard->silent = {"a.test", "b.test"};
  clock->advance(48h);
  BOOST_TEST(of("a.test") == "s1");
  BOOST_TEST(of("b.test") == "?");
  cupboard->silent.clear();
  BOOST_TEST(of("b.test") == "");
}

BOOST_AUTO_TEST_CASE(a_broken_key_is_told_once_and_stops_nobody_else) {
  cupboard->keys["a.test"] = {{"s1", "broken"}, {"s2", "1"}};
  cupboard->keys["b.test"] = {{"s1", "1"}};
  BOOST_TEST(of("a.test") == "s1! s2");
  clock->advance(61s);
  BOOST_TEST(of("a.test") == "s1! s2");
  BOOST_TEST(of("b.test") == "s1");
  BOOST_TEST(log.lines().size() == 1U);
  BOOST_TEST(log.lines().at(0) ==
             "key.unusable domain=a.test selector=s1 file=s1 reason=it is broken");
}

BOOST_AUTO_TEST_CASE(of_two_sources_the_first_has_the_word_about_a_selector) {
  cupboard->keys["a.test"] = {{"s1", "broken"}};
  second->keys["a.test"] = {{"S1", "1"}, {"s2", "1"}};
  BOOST_TEST(of("a.test") == "s1! s2");
}

BOOST_AUTO_TEST_CASE(too_many_keys_of_a_domain_are_a_mistake_and_not_that_many_signatures) {
  for (int i = 0; i < 17; ++i)
    cupboard->keys["a.test"]["s" + std::to_string(100 + i)] = "1";
  BOOST_TEST(of("a.test") == "s100!");
  BOOST_TEST(log.lines().at(0).find("17 keys of one domain") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
