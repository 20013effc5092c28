// SPDX-License-Identifier: Apache-2.0
// What is told of our own addresses, look by look: the answers of
// chores/egress_watch.cases, and those of zones that change between looks.
#include "policy/chores/egress_watch.h"

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "policy/base/ascii.h"
#include "policy/chores/egress_keeper.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/recorded_sink.h"

namespace milterward::chores {
namespace {

using tests::read_cases;
using namespace std::chrono_literals;

constexpr std::string_view failing_hook = " (the hook fails)";

EgressSays said(std::string_view word) {
  if (word == "well") return EgressSays::well;
  if (word == "ill") return EgressSays::ill;
  if (word == "silent") return EgressSays::nothing;
  throw std::runtime_error{"no such word: " + std::string{word}};
}

std::vector<EgressAnswer> answers_of(const std::string& line) {
  std::vector<EgressAnswer> answers;
  for (const auto& part : split(line, ';')) {
    const auto words = split(trim(part), ' ');
    EgressAnswer answer{IpAddress::parse(words.at(0)).value(),
                        words.at(1) == "ptr" ? "" : std::string{words[1]},
                        said(words.at(2)), ""};
    for (std::size_t i = 3; i < words.size(); ++i)
      answer.detail += (i > 3 ? " " : "") + std::string{words[i]};
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string brief(const std::vector<EgressChange>& changes) {
  std::string text;
  for (const auto& change : changes) {
    text += (text.empty() ? "" : "; ") + std::string{to_text(change.kind)} + " " +
            change.address.text() + " " + (change.list.empty() ? "ptr" : change.list);
    if (!change.detail.empty()) text += " " + change.detail;
  }
  return text.empty() ? "-" : text;
}

BOOST_AUTO_TEST_SUITE(egress_watch)

BOOST_DATA_TEST_CASE(changes_are_told, read_cases("chores/egress_watch.cases"), c) {
  EgressWatch watch;
  const auto looks = c.all("look");
  const auto wants = c.all("want");
  const auto calls = c.all("hand over");
  BOOST_REQUIRE(looks.size() == wants.size() && looks.size() == calls.size());
  for (std::size_t i = 0; i < looks.size(); ++i) {
    auto look = looks[i];
    const bool takes = !look.ends_with(failing_hook);
    if (!takes) look.resize(look.size() - failing_hook.size());
    BOOST_TEST_CONTEXT("look " << i + 1) {
      BOOST_TEST(brief(watch.note(answers_of(look))) == wants[i]);
      const auto changes = watch.to_hand_over();
      BOOST_TEST(brief(changes) == calls[i]);
      if (takes)
        for (const auto& change : changes) watch.handed_over(change);
    }
  }
}

BOOST_AUTO_TEST_CASE(hosts_do_not_ask_all_at_once) {
  EgressWatch watch;
  watch.note(answers_of("192.0.2.10 zen.test well"));
  BOOST_CHECK(watch.pause(1h, 0.0) == 54min);
  BOOST_CHECK(watch.pause(1h, 0.5) == 60min);
  BOOST_CHECK(watch.pause(1h, 1.0) == 66min);
}

BOOST_AUTO_TEST_CASE(the_silent_are_asked_again_soon_but_once) {
  EgressWatch watch;
  watch.note(answers_of("192.0.2.10 zen.test silent unanswered"));
  BOOST_CHECK(watch.pause(1h, 0.5) == EgressWatch::second_try);
  BOOST_CHECK(watch.pause(2min, 0.5) == 2min);
  watch.note(answers_of("192.0.2.10 zen.test silent unanswered"));
  BOOST_CHECK(watch.pause(1h, 0.5) == 1h);
}

BOOST_AUTO_TEST_SUITE_END()

/// A file in memory.
class MemoryState final : public ports::StateFile {
 public:
  const std::string& place() const noexcept override { return name; }
  Result<std::string, std::string> read(std::size_t) override {
    if (!fault.empty()) return Unexpected{fault};
    return text;
  }
  std::optional<std::string> write(std::string_view next) override {
    if (!fault.empty()) return fault;
    text = next;
    ++writes;
    return std::nullopt;
  }
  std::string name = "/state";
  std::string text;
  std::string fault;
  int writes = 0;
};

/// The addresses 192.0.2.10 and 192.0.2.11; all is well but for what a look adds.
class Watched {
 public:
  Watched() {
    for (const auto* zone : {"zen.test", "key.bad.test", "allow.test"}) {
      conf::DnsList row{};
      row.zone = Domain::parse(zone).value();
      row.kind =
          row.zone.name() == "allow.test" ? conf::ListKind::allow : conf::ListKind::block;
      row.codes = {*ReturnCodes::parse("127.0.0.2-11")};
      lists.push_back(row);
    }
    lists[1].name = "bad.test";
  }

  void look(const std::string& zone) {
    tests::FakeResolver dns{
        "11.2.0.192.in-addr.arpa PTR out2.home.test\nout2.home.test A 192.0.2.11\n"};
    if (zone.find("10.2.0.192.in-addr.arpa") == std::string::npos)
      dns.add("10.2.0.192.in-addr.arpa PTR out.home.test\nout.home.test A 192.0.2.10\n");
    dns.add(zone);
    keeper.look({egress, lists, 8s, dns, clock,
                 [&](const EgressChange& change) -> std::optional<std::string> {
                   calls.push_back(brief({change}));
                   if (hook_fault.empty()) return std::nullopt;
                   return hook_fault;
                 },
                 [&] { return is_unwanted; }, &state});
    asked = dns.asked();
  }

  std::vector<Network> egress{Network{IpAddress::v4({192, 0, 2, 10}), 32},
                              Network{IpAddress::v4({192, 0, 2, 11}), 32}};
  std::vector<conf::DnsList> lists;
  /// The daemon ends and begins again; what it has written is still there.
  void restart() { keeper = EgressKeeper{}; }

  tests::FakeClock clock;
  MemoryState state;
  EgressKeeper keeper;
  std::vector<std::string> calls;
  std::vector<ports::DnsQuestion> asked;
  std::string hook_fault;
  bool is_unwanted = false;
};

std::string told(tests::RecordedSink& sink, std::size_t from = 0) {
  std::string text;
  const auto lines = sink.lines();
  for (std::size_t i = from; i < lines.size(); ++i)
    text += (text.empty() ? "" : "\n") + lines[i];
  return text;
}

BOOST_FIXTURE_TEST_SUITE(egress_keeper, Watched)

BOOST_AUTO_TEST_CASE(a_listing_is_told_by_its_shown_name_and_handed_over) {
  tests::RecordedSink sink;
  look("");
  BOOST_TEST(told(sink) == "");
  look(
      "10.2.0.192.key.bad.test A 127.0.0.2\n10.2.0.192.key.bad.test A 127.0.0.4\n"
      "10.2.0.192.allow.test A 127.0.0.2\n");
  BOOST_TEST(told(sink) ==
             "egress.listed address=192.0.2.10 list=bad.test codes=127.0.0.2,127.0.0.4");
  BOOST_TEST(calls ==
             std::vector<std::string>{"listed 192.0.2.10 bad.test 127.0.0.2,127.0.0.4"});
  look("");
  BOOST_TEST(told(sink, 1) == "egress.delisted address=192.0.2.10 list=bad.test");
  BOOST_TEST(calls.back() == "delisted 192.0.2.10 bad.test");
}

BOOST_AUTO_TEST_CASE(lists_that_speak_for_clients_are_not_asked) {
  look("");
  BOOST_TEST(std::ranges::none_of(
      asked, [](const auto& question) { return question.name.ends_with("allow.test"); }));
}

BOOST_AUTO_TEST_CASE(errors_and_codes_that_do_not_count_are_no_listings) {
  tests::RecordedSink sink;
  const auto* zone =
      "10.2.0.192.zen.test A 127.255.255.254\n11.2.0.192.zen.test A 127.255.255.254\n"
      "10.2.0.192.key.bad.test A 127.0.0.99\n";
  look(zone);
  BOOST_TEST(told(sink) == "");
  look(zone);
  BOOST_TEST(
      told(sink) ==
      "egress.unanswered asked=zen.test addresses=192.0.2.10,192.0.2.11 reason=refused");
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_the_whole_world_is_not_believed) {
  tests::RecordedSink sink;
  const auto* zone = "10.2.0.192.zen.test A 127.0.0.2\n1.0.0.127.zen.test A 127.0.0.2\n";
  look(zone);
  look(zone);
  BOOST_TEST(told(sink) ==
             "egress.unanswered asked=zen.test addresses=192.0.2.10 reason=unbelievable");
}

BOOST_AUTO_TEST_CASE(a_name_that_breaks_and_is_mended) {
  tests::RecordedSink sink;
  look("");
  look("10.2.0.192.in-addr.arpa PTR else.home.test\nelse.home.test A 192.0.2.99\n");
  look("10.2.0.192.in-addr.arpa TIMEOUT\n");
  look("");
  BOOST_TEST(told(sink) ==
             "egress.name_broken address=192.0.2.10 reason=else.home.test does not lead "
             "back to it\n"
             "egress.name_mended address=192.0.2.10 name=out.home.test");
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_is_named_and_called_again) {
  tests::RecordedSink sink;
  hook_fault = "/h: ended with status 3";
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(told(sink, 1) ==
             "egress.hook_failed action=listed address=192.0.2.10 list=zen.test "
             "reason=/h: ended with status 3");
  hook_fault.clear();
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(calls.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_restart_tells_nobody_of_the_same_listing_twice) {
  const auto* zone =
      "10.2.0.192.zen.test A 127.0.0.2\n"
      "10.2.0.192.in-addr.arpa PTR else.home.test\nelse.home.test A 192.0.2.99\n";
  look(zone);
  BOOST_TEST(calls.size() == 1U);
  tests::RecordedSink sink;
  restart();
  look(zone);
  look(zone);
  BOOST_TEST(told(sink) ==
             "egress.known address=192.0.2.10 list=ptr detail=else.home.test does not lead "
             "back to it\n"
             "egress.known address=192.0.2.10 list=zen.test detail=127.0.0.2");
  BOOST_TEST(calls.size() == 1U);
  restart();
  look("");  // both ended while nobody looked
  BOOST_TEST(told(sink, 2) ==
             "egress.name_mended address=192.0.2.10 name=out.home.test\n"
             "egress.delisted address=192.0.2.10 list=zen.test");
  BOOST_TEST(calls.back() == "delisted 192.0.2.10 zen.test");
}

BOOST_AUTO_TEST_CASE(what_a_hook_has_not_taken_is_handed_over_after_a_restart) {
  hook_fault = "/h: ended with status 3";
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  hook_fault.clear();
  restart();
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(calls.size() == 2U);
  restart();
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(calls.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_file_is_written_when_something_has_changed) {
  look("");
  const auto writes = state.writes;
  look("");
  BOOST_TEST(state.writes == writes);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_used_is_told_of_and_costs_a_second_telling) {
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  for (const auto* text :
       {"nonsense", "milterward egress 1\n192.0.2.10\n", "milterward "}) {
    tests::RecordedSink sink;
    state.text = text;
    restart();
    look("10.2.0.192.zen.test A 127.0.0.2\n");
    BOOST_TEST(
        told(sink) ==
        "egress.state_failing file=/state reason=it is not what was written there; it "
        "is written anew\n"
        "egress.listed address=192.0.2.10 list=zen.test codes=127.0.0.2");
  }
  tests::RecordedSink sink;
  state.fault = "Permission denied";
  restart();
  look("");
  BOOST_TEST(told(sink) ==
             "egress.state_failing file=/state reason=Permission denied\n"
             "egress.state_failing file=/state reason=Permission denied\n"
             "egress.state_failing file=/state reason=Permission denied");
}

BOOST_AUTO_TEST_CASE(a_look_that_is_broken_off_is_forgotten) {
  tests::RecordedSink sink;
  is_unwanted = true;
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(told(sink) == "");
  BOOST_TEST(calls.empty());
  is_unwanted = false;
  look("10.2.0.192.zen.test A 127.0.0.2\n");
  BOOST_TEST(told(sink) ==
             "egress.listed address=192.0.2.10 list=zen.test codes=127.0.0.2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::chores
