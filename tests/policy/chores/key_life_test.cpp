// SPDX-License-Identifier: Apache-2.0
// From one state of a key to the next.
#include "policy/chores/key_life.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <stdexcept>

#include "tests/support/cases.h"

namespace milterward::chores {
namespace {

using tests::Case;
using tests::read_cases;
using namespace std::chrono_literals;

sign::Shown shown_called(const std::string& word) {
  for (const auto shown :
       {sign::Shown::yes, sign::Shown::missing, sign::Shown::altered, sign::Shown::revoked,
        sign::Shown::several, sign::Shown::partly, sign::Shown::unanswered})
    if (to_text(shown) == word) return shown;
  throw std::runtime_error{"no such word: " + word};
}

/// key: SELECTOR STATE SHOWN HOURS-SINCE [ed25519]
LivingKey key_of(const std::string& line) {
  std::istringstream in{line};
  std::string selector;
  std::string state;
  std::string shown;
  std::string algorithm;
  int hours = 0;
  in >> selector >> state >> shown >> hours >> algorithm;
  return {{selector, ports::parse_key_state(state).value(), WallTime{1000h} - 1h * hours},
          algorithm == "ed25519" ? ports::SigningAlgorithm::ed25519_sha256
                                 : ports::SigningAlgorithm::rsa_sha256,
          shown_called(shown)};
}

std::string brief(const ports::KeyStanding& standing) {
  return standing.selector + " " + std::string{to_text(standing.state)} +
         (standing.since == WallTime{1000h} ? "" : " at a wrong time");
}

BOOST_AUTO_TEST_SUITE(key_life)

BOOST_DATA_TEST_CASE(a_key_goes_on, read_cases("chores/key_life.cases"), c) {
  const auto next = next_standing(key_of(c["key"]), WallTime{1000h}, 144h);
  BOOST_TEST((next ? brief(*next) : "stays") == c["want"]);
}

BOOST_DATA_TEST_CASE(a_key_begins_to_sign, read_cases("chores/activation.cases"), c) {
  std::vector<LivingKey> keys;
  for (const auto& line : c.all("key")) keys.push_back(key_of(line));
  std::string text;
  for (const auto& standing : activation(keys, c["activate"], WallTime{1000h}))
    text += (text.empty() ? "" : ", ") + brief(standing);
  BOOST_TEST(text == c["want"]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::chores
