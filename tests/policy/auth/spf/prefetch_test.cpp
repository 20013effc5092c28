// SPDX-License-Identifier: Apache-2.0
// What is asked before it is known to be needed: only what the record's author may steer,
// and hardly more than one question after the other would have asked.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "policy/auth/spf/native_checker.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/spf_cases.h"

namespace milterward::tests {
namespace {

/// Writes down when a question is asked and when its answer is waited for.
class WatchedResolver final : public ports::Resolver {
 public:
  explicit WatchedResolver(std::string_view zone) : dns_(zone) {}

  ports::Pending ask(const ports::DnsQuestion& question) override {
    const auto name = fmt::format("{} {}", ports::to_text(question.type), question.name);
    seen_.push_back("ask " + name);
    return ports::Pending{std::make_shared<Watched>(dns_.ask(question), name, seen_)};
  }
  const std::vector<std::string>& seen() const { return seen_; }

 private:
  class Watched final : public ports::Pending::State {
   public:
    Watched(ports::Pending pending, std::string name, std::vector<std::string>& seen)
        : pending_(std::move(pending)), name_(std::move(name)), seen_(seen) {}
    ports::DnsResult wait(Deadline deadline) override {
      seen_.push_back("wait " + name_);
      return pending_.wait(deadline);
    }

   private:
    ports::Pending pending_;
    std::string name_;
    std::vector<std::string>& seen_;
  };
  FakeResolver dns_;
  std::vector<std::string> seen_;
};

std::vector<std::string> seen_while_checking(std::string_view zone) {
  WatchedResolver dns{zone};
  const ports::SpfQuery query{.identity = ports::SpfIdentity::mail_from,
                              .client = IpAddress::parse("192.0.2.1").value(),
                              .helo = "mail.example.org",
                              .sender_local = "joe",
                              .sender_domain = "example.org"};
  const FakeClock clock;
  static_cast<void>(auth::NativeSpfChecker{}.check(
      query, dns, Deadline::after(clock, std::chrono::seconds{20})));
  return dns.seen();
}

void check_seen(std::string_view zone, const std::vector<std::string>& want) {
  const auto seen = seen_while_checking(zone);
  BOOST_CHECK_EQUAL_COLLECTIONS(seen.begin(), seen.end(), want.begin(), want.end());
}

std::size_t questions(const Case& c, auth::SpfPrefetch prefetch) {
  return spf_questions(c, auth::NativeSpfChecker{auth::SpfHost{.prefetch = prefetch}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prefetch)

BOOST_AUTO_TEST_CASE(targets_of_a_record_are_asked_together) {
  check_seen(
      "example.org TXT v=spf1 include:one.example a:two.example mx:three.example -all\n"
      "one.example TXT v=spf1 -all\n"
      "two.example A 192.0.2.2\n"
      "three.example MX 10 four.example\n"
      "three.example MX 10 five.example\n"
      "four.example A 192.0.2.4\n"
      "five.example A 192.0.2.5\n",
      {"ask TXT example.org", "wait TXT example.org", "ask TXT one.example",
       "ask A two.example", "ask MX three.example", "wait TXT one.example",
       "wait A two.example", "wait MX three.example", "ask A four.example",
       "ask A five.example", "wait A four.example", "wait A five.example"});
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_behind_a_network_with_the_client_in_it) {
  check_seen(
      "example.org TXT v=spf1 ip4:192.0.2.0/24 include:one.example -all\n"
      "one.example TXT v=spf1 -all\n",
      {"ask TXT example.org", "wait TXT example.org"});
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_behind_all) {
  check_seen("example.org TXT v=spf1 -all include:one.example\n",
             {"ask TXT example.org", "wait TXT example.org"});
}

BOOST_AUTO_TEST_CASE(names_from_the_local_part_wait_for_their_turn) {
  check_seen(
      "example.org TXT v=spf1 a:one.example a:%{l}.example include:%{s1}.example -all\n"
      "one.example A 192.0.2.1\n",
      {"ask TXT example.org", "wait TXT example.org", "ask A one.example",
       "wait A one.example"});
}

BOOST_AUTO_TEST_CASE(terms_beyond_the_lookup_limit_are_not_asked) {
  std::string record = "example.org TXT v=spf1";
  for (int i = 0; i < 30; ++i) record += fmt::format(" a:h{}.example", i);
  for (int i = 0; i < 30; ++i) record += fmt::format("\nh{}.example A 192.0.2.9", i);
  const auto seen = seen_while_checking(record);
  BOOST_TEST(std::ranges::count_if(
                 seen, [](const auto& line) { return line.starts_with("ask A"); }) == 10);
}

BOOST_AUTO_TEST_CASE(asking_early_costs_at_most_a_fifth_more) {
  std::size_t early = 0;
  std::size_t serial = 0;
  for (const auto* file : {"records", "mechanisms", "modifiers", "macros", "limits"})
    for (const auto& c : read_cases(fmt::format("auth/spf/{}.cases", file))) {
      early += questions(c, auth::SpfPrefetch::on);
      serial += questions(c, auth::SpfPrefetch::off);
    }
  BOOST_TEST_MESSAGE(fmt::format(
      "{} questions asked early, {} one after the other (+{:.1f} %)", early, serial,
      100.0 * static_cast<double>(early) / static_cast<double>(serial) - 100.0));
  BOOST_TEST(early * 5 <= serial * 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
