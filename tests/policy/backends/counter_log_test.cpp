// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/counter_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::backends;
using milterward::tests::read_cases;

namespace {

/// As counter_log.h describes it, written once more on purpose.
std::string digest_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U ^ text.size();
  for (std::size_t i = 0; i < text.size(); i += 8) {
    std::uint64_t number = 0;
    for (std::size_t k = std::min(i + 8, text.size()); k-- > i;)
      number = number << 8 | static_cast<std::uint8_t>(text[k]);
    hash = (hash ^ number) * 11400714819323198485U;
    hash ^= hash >> 32;
  }
  return fmt::format("{:016x}", hash);
}

std::string with_digests(std::string text) {
  constexpr std::string_view word = "DIGEST";
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
    const auto begin = at + word.size();
    const auto rest = text.substr(begin, text.find('\n', begin) - begin);
    text.replace(at, word.size(), digest_of(rest));
  }
  return text;
}

std::string text_of(const LoggedCounts& logged) {
  std::string text;
  for (const auto& slice : logged.slices)
    text += fmt::format("{}{} {} {}", text.empty() ? "" : "\n", slice.counter, slice.amount,
                        slice.begin.count());
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(counter_log)

BOOST_AUTO_TEST_CASE(what_lasts_is_read_again_beside_what_passes) {
  using std::chrono::seconds;
  std::vector<ports::Granted> granted(2);
  granted[0].counter = "seen:account:joe";
  granted[0].window = ports::lasting;
  granted[0].amount = 1;
  granted[1].counter = "w:month:account:joe";
  granted[1].window = {seconds{86400}, 31, seconds{0}};
  granted[1].slice = seconds{86400};
  granted[1].amount = 2;
  const auto logged = parse_log(log_line(granted));
  BOOST_TEST(logged.damaged_lines == 0U);
  BOOST_TEST(text_of(logged) == "seen:account:joe 1 0\nw:month:account:joe 2 86400");
}

BOOST_AUTO_TEST_CASE(marks_are_left_out) {
  std::vector<ports::Granted> granted(2);
  granted[0].counter = "message:0123";
  granted[0].is_mark = true;
  granted[1].counter = "a";
  granted[1].amount = 2;
  BOOST_TEST(text_of(parse_log(log_line(granted))) == "a 2 0");
  BOOST_TEST(log_line({granted.data(), 1}) == "");
}

BOOST_DATA_TEST_CASE(reads_the_log, read_cases("backends/counter_log.cases"), c) {
  const auto logged = parse_log(with_digests(tests::unescaped(c["log"])));
  BOOST_TEST(text_of(logged) == c["want"]);
  BOOST_TEST(std::to_string(logged.damaged_lines) == c.get("damaged", "0"));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  using ports::CountingWindow;
  using ports::Seconds;
  const std::vector<ports::Granted> granted{
      {"account:messages/hour:a", CountingWindow::calendar(Seconds{3600}, Seconds{0}),
       Seconds{1'790'000'000}, 1},
      {"account:messages/10m:a", CountingWindow::rolling(Seconds{600}),
       Seconds{1'790'000'025}, 999'999'999'999}};
  const auto logged = parse_log(log_line(granted) + log_line({&granted[1], 1}));
  BOOST_REQUIRE(logged.slices.size() == 3U);
  BOOST_TEST(logged.damaged_lines == 0U);
  for (const std::size_t i : {0, 1, 1}) {
    const auto& slice = logged.slices[i];
    BOOST_TEST(slice.counter == granted[i].counter);
    BOOST_TEST((slice.window == granted[i].window));
    BOOST_TEST((slice.begin == granted[i].slice));
    BOOST_TEST(slice.amount == granted[i].amount);
  }
}

/// Whatever single octet of a line is lost or changed, it is not taken for another count.
BOOST_AUTO_TEST_CASE(a_changed_line_is_never_believed) {
  const ports::Granted granted{"account:messages/hour:joe@home.test",
                               ports::CountingWindow::rolling(ports::Seconds{3600}),
                               ports::Seconds{1'790'000'000}, 12};
  const auto line = log_line({&granted, 1});
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    auto changed = line;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    BOOST_TEST(parse_log(changed).slices.empty(), changed);
    BOOST_TEST(parse_log(line.substr(0, i) + line.substr(i + 1)).slices.empty(), i);
    BOOST_TEST(parse_log(line.substr(0, i)).slices.empty(), i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
