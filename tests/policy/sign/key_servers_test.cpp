// SPDX-License-Identifier: Apache-2.0
// What the name servers of a zone come to, and who they are.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <stdexcept>

#include "conf/words.h"
#include "policy/sign/key_at_servers.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

Shown shown_named(const std::string& word) {
  for (const auto shown : {Shown::yes, Shown::missing, Shown::altered, Shown::revoked,
                           Shown::several, Shown::partly, Shown::unanswered})
    if (to_text(shown) == word) return shown;
  throw std::runtime_error{"no such word: " + word};
}

ServerView view_of(const std::string& line) {
  std::istringstream in{line};
  ServerView view;
  std::string shown;
  in >> view.server >> view.address >> shown;
  view.shown = shown_named(shown);
  return view;
}

conf::AskAuthoritative rule_named(const std::string& word) {
  for (const auto& known : conf::words<conf::AskAuthoritative>)
    if (known.word == word) return known.value;
  throw std::runtime_error{"no such rule: " + word};
}

BOOST_AUTO_TEST_SUITE(key_servers)

BOOST_DATA_TEST_CASE(judges_servers, tests::read_cases("sign/key_servers.cases"), c) {
  std::vector<ServerView> views;
  for (const auto& line : c.all("server")) views.push_back(view_of(line));
  const auto silence = c.all("silence").empty() ? Silence::counts : Silence::passes;
  BOOST_TEST(to_text(judged(views, rule_named(c["rule"]), silence)) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_key_is_gone_when_nobody_who_answers_shows_it) {
  const ServerView silent{"ns1", "", Shown::unanswered, "silent"};
  BOOST_TEST(is_gone({Shown::missing, {silent, {"ns2", "", Shown::missing, ""}}}));
  BOOST_TEST(is_gone({Shown::revoked, {}}));
  BOOST_TEST(!is_gone({Shown::missing, {silent, {"ns2", "", Shown::yes, ""}}}));
  BOOST_TEST(!is_gone({Shown::missing, {{"ns2", "", Shown::several, ""}}}));
  BOOST_TEST(!is_gone({Shown::partly, {}}));
  BOOST_TEST(!is_gone({Shown::unanswered, {{"ns2", "", Shown::missing, ""}}}));
  BOOST_TEST(!is_gone({Shown::yes, {}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
