// SPDX-License-Identifier: Apache-2.0
// What is advised: feedback/advice.cases; and what sources are.
#include "policy/feedback/insight.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <stdexcept>

#include "policy/feedback/picture.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using feedback::Standing;
using ports::SourceFeedback;

/// "192.0.2.10 1000 979 excused=3 as=a.test dkim=s1 spf=fail"
SourceFeedback source_of(const std::string& text) {
  std::istringstream words{text};
  SourceFeedback source;
  words >> source.address >> source.messages >> source.passed;
  source.dkim = source.passed;
  for (std::string word; words >> word;) {
    const auto value = word.substr(word.find('=') + 1);
    if (word.starts_with("excused="))
      source.excused = std::stoull(value);
    else if (word.starts_with("as="))
      source.passed_as = value;
    else if (word.starts_with("dkim="))
      source.dkim_failed = value;
    else if (word.starts_with("spf="))
      source.spf_failed = value;
    else
      throw std::runtime_error("no such word: " + word);
  }
  return source;
}

BOOST_AUTO_TEST_SUITE(feedback_insight)

/// The last of each key counts, so that a stanza overrules the first.
BOOST_DATA_TEST_CASE(advises_the_owner,
                     after_the_first(read_cases("feedback/advice.cases")), c) {
  using std::chrono::days;
  const auto last = [&](const char* key) { return c.all(key).back(); };
  ports::DomainFeedback domain;
  domain.end = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};
  domain.begin = domain.end - days{std::stoi(last("days"))};
  domain.policy_since = domain.end - days{std::stoi(last("since"))};
  domain.policy = last("policy");
  domain.organisations = std::stoull(last("reports"));
  auto lines = c.all("source");
  if (lines.size() > 1) lines.erase(lines.begin());
  std::vector<SourceFeedback> sources;
  for (const auto& line : lines) {
    sources.push_back(source_of(line));
    domain.messages += sources.back().messages;
    domain.passed += sources.back().passed;
  }
  if (c.has("small")) {
    std::istringstream words{c["small"]};
    int number = 0;
    SourceFeedback small;
    words >> number >> small.messages;
    for (int i = 0; i < number; ++i) {
      small.passed_as = fmt::format("d{}.test", i);
      sources.push_back(small);
      domain.messages += small.messages;
    }
  }
  if (c.has("further")) domain.messages += std::stoull(c["further"]);
  const auto advice = feedback::advise(domain, sources);
  std::string told{to_text(advice.next)};
  for (const auto& sentence : advice.because) told += "\n" + sentence;
  BOOST_TEST(told == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_source_stands_as_its_messages_fare) {
  const auto standing = [](const char* text) {
    return to_text(feedback::standing_of(source_of(text)));
  };
  BOOST_TEST(standing("192.0.2.1 0 0") == "well");
  BOOST_TEST(standing("192.0.2.1 100 98") == "well");
  BOOST_TEST(standing("192.0.2.1 100 97") == "partly");
  BOOST_TEST(standing("192.0.2.1 100 10") == "partly");
  BOOST_TEST(standing("192.0.2.1 100 9") == "nothing");
  BOOST_TEST(standing("192.0.2.1 100 9 as=a.test") == "elsewhere");
  BOOST_TEST(standing("192.0.2.1 100 50 excused=25") == "forwarded");
  BOOST_TEST(standing("192.0.2.1 100 50 excused=24") == "partly");
  // As much as the sums of the largest file.
  BOOST_TEST(standing("192.0.2.1 9000000000000000000 8900000000000000000") == "well");
}

BOOST_AUTO_TEST_CASE(what_breaks_is_told) {
  const auto trouble = [](const char* text) {
    return feedback::trouble_of(source_of(text));
  };
  BOOST_TEST(trouble("192.0.2.1 5 5") == "");
  BOOST_TEST(trouble("192.0.2.1 5 0") ==
             "no signature of the domain; MAIL FROM is not of the domain");
  BOOST_TEST(trouble("192.0.2.1 5 0 dkim=s1 spf=softfail as=a.test") ==
             "signature fails: s1; SPF: softfail; it proves a.test");
}

BOOST_AUTO_TEST_CASE(shares_are_rounded_so_that_a_failure_shows) {
  BOOST_TEST(feedback::share(0, 0) == "-");
  BOOST_TEST(feedback::share(0, 7) == "0.0%");
  BOOST_TEST(feedback::share(2, 3) == "66.6%");
  BOOST_TEST(feedback::share(99'999, 100'000) == "99.9%");
  BOOST_TEST(feedback::share(7, 7) == "100%");
}

BOOST_AUTO_TEST_CASE(sources_that_fail_most_come_first) {
  feedback::DomainPicture picture;
  picture.sources = {source_of("192.0.2.1 100 99"), source_of("192.0.2.2 50 50"),
                     source_of("192.0.2.3 20 0"), source_of("192.0.2.4 1 0")};
  const auto failing = feedback::failing_sources(picture, 2);
  BOOST_REQUIRE_EQUAL(failing.size(), 2U);
  BOOST_TEST(failing[0].address == "192.0.2.3");
  BOOST_TEST(failing[1].address == "192.0.2.1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
