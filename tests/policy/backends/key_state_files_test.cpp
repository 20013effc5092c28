// SPDX-License-Identifier: Apache-2.0
// How far keys are, written down beside them.
#include "policy/backends/key_state_files.h"

#include <atomic>
#include <barrier>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using ports::KeyStanding;
using ports::KeyState;
using Standings = std::vector<KeyStanding>;

struct Drawer {
  Drawer() { std::filesystem::create_directory(path); }
  TemporaryDirectory directory;
  std::string path = directory.path("keys");
  backends::KeyStateFiles states{path};
  Domain domain = Domain::parse("example.org").value();
};

BOOST_FIXTURE_TEST_SUITE(key_state_files, Drawer)

BOOST_AUTO_TEST_CASE(what_was_said_last_counts_and_of_others_nothing_changes) {
  BOOST_TEST(states.of(domain).value().empty());
  BOOST_TEST(!states.set(domain, {"s2", KeyState::fresh, WallTime{5s}}));
  BOOST_TEST(!states.set(domain, {"s1", KeyState::active, WallTime{6s}}));
  BOOST_TEST(!states.set(domain, {"s2", KeyState::published, WallTime{7s}}));
  const Standings want{{"s1", KeyState::active, WallTime{6s}},
                       {"s2", KeyState::published, WallTime{7s}}};
  BOOST_TEST((states.of(domain).value() == want));
  BOOST_TEST((backends::KeyStateFiles{path}.of(domain).value() == want));
}

BOOST_AUTO_TEST_CASE(two_who_write_at_once_do_not_undo_each_other) {
  const auto write = [&](char letter) {
    for (int i = 0; i < 50; ++i) {
      backends::KeyStateFiles mine{path};
      mine.set(domain, {letter + std::to_string(i), KeyState::fresh, WallTime{1s}});
    }
  };
  std::thread other{[&] { write('a'); }};
  write('b');
  other.join();
  BOOST_TEST(states.of(domain).value().size() == 100U);
}

BOOST_AUTO_TEST_CASE(two_who_make_the_directory_of_a_domain_at_once_both_write) {
  std::atomic<int> faults = 0;
  std::barrier both{2};
  const auto write = [&](const std::string& selector) {
    for (int i = 0; i < 100; ++i) {
      const auto fresh = Domain::parse("d" + std::to_string(i) + ".example").value();
      both.arrive_and_wait();
      if (backends::KeyStateFiles{path}.set(fresh,
                                            {selector, KeyState::fresh, WallTime{1s}}))
        ++faults;
    }
  };
  std::thread other{[&] { write("a"); }};
  write("b");
  other.join();
  BOOST_TEST(faults == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_a_fault_and_not_no_state) {
  std::filesystem::create_directory(path + "/example.org");
  for (const auto* text : {"s1 dancing 5\n", "s1 active\n", "s1 active x\n"}) {
    std::ofstream{path + "/example.org/.states"} << text;
    const auto found = states.of(domain);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.fault().reason.find(".states:1: not SELECTOR STATE SECONDS") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(domains_are_the_directories_that_have_their_names) {
  for (const auto* name : {"b.test", "a.test", ".hidden", "Upper.test"})
    std::filesystem::create_directory(path + "/" + name);
  std::ofstream{path + "/file.test"} << "x";
  std::string names;
  const auto domains = states.domains().value();
  for (const auto& one : domains) names += one.name() + " ";
  BOOST_TEST(names == "a.test b.test ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
