// SPDX-License-Identifier: Apache-2.0
// What strangers are shown of a message: the cases of reports/redaction.cases.
#include "policy/reports/redaction.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <regex>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::reports {
namespace {

std::vector<std::string> fields_of(const tests::Case& c) {
  std::vector<std::string> names;
  const auto words = c.get("fields", "From X-Text");
  for (const auto word : split(words, ' ')) names.emplace_back(word);
  return names;
}

Redaction redaction_of(const tests::Case& c) {
  Redaction redaction;
  if (c.get("as") == "removed") redaction.local_parts = conf::RedactAs::removed;
  return redaction;
}

BOOST_AUTO_TEST_SUITE(redaction)

BOOST_DATA_TEST_CASE(hides, tests::read_cases("reports/redaction.cases"), c) {
  const auto text = tests::unescaped(c["field"]);
  const auto colon = text.find(':');
  const RawHeader field{text.substr(0, colon), text.substr(colon + 1)};
  const RawHeaders headers(static_cast<std::size_t>(std::stoi(c.get("times", "1"))), field);
  static const std::regex hash{"~[0-9a-f]{16}"};
  const auto shown = std::regex_replace(
      shown_header(headers, fields_of(c), redaction_of(c)), hash, "~hash");
  auto want = tests::unescaped(c["want"]);
  if (!want.empty() && !want.ends_with("\r\n")) want += "\r\n";
  BOOST_TEST(shown == want);
  for (const auto line : split(shown, '\n')) BOOST_TEST(line.size() < 998u);
}

BOOST_AUTO_TEST_CASE(one_address_has_one_hash_and_another_secret_another) {
  const Redaction redaction;
  BOOST_TEST(redacted_address("Ann@bank.test", redaction).substr(0, 17) ==
             redacted_text("<ann@BANK.test>", redaction).substr(1, 17));
  BOOST_TEST(redacted_address("ann@bank.test", redaction) !=
             redacted_address("bob@bank.test", redaction));
  Redaction other;
  other.secret.fill(1);
  BOOST_TEST(redacted_address("ann@bank.test", redaction) !=
             redacted_address("ann@bank.test", other));
  BOOST_TEST(redacted_address("", redaction) == "");
  BOOST_TEST(redacted_address("postmaster", {conf::RedactAs::removed, {}}) == "redacted");
}

BOOST_AUTO_TEST_CASE(a_name_that_spf_asked_for_is_shown_without_the_sender) {
  const auto shown = [](std::string_view term) {
    return SpfNames{}.shown(term, "ann.bank._spf.bank.test");
  };
  const std::string as_asked = "ann.bank._spf.bank.test";
  BOOST_TEST(shown("") == as_asked);
  BOOST_TEST(shown("include:_spf.bank.test") == as_asked);
  BOOST_TEST(shown("include:%{o}._spf.bank.test") == as_asked);
  BOOST_TEST(shown("include:%{l}.%{o}._spf.bank.test") ==
             "redacted.redacted._spf.bank.test");
  BOOST_TEST(shown("redirect=%{L1r-}._spf.bank.test") == "redacted._spf.bank.test");
  BOOST_TEST(shown("?include:_spf.%{s}") == "_spf.redacted");
  BOOST_TEST(shown("include:%{l") == "redacted");
}

BOOST_AUTO_TEST_CASE(what_macros_make_behind_the_sender_is_hidden) {
  SpfNames names;
  BOOST_TEST(names.shown("", "bank.test") == "bank.test");
  BOOST_TEST(names.shown("include:%{o}.bank.test", "x.bank.test") == "x.bank.test");
  BOOST_TEST(!names.have_sender());
  BOOST_TEST(names.shown("include:%{l}.bank.test", "ann.bank.test") ==
             "redacted.bank.test");
  BOOST_TEST(names.have_sender());
  BOOST_TEST(names.shown("include:y.%{d}", "y.ann.bank.test") == "y.redacted");
  BOOST_TEST(names.shown("redirect=_r.bank.test", "_r.bank.test") == "_r.bank.test");
  BOOST_TEST(names.shown("mx/24", "ann.bank.test") == "redacted");
}

BOOST_AUTO_TEST_CASE(a_header_without_end_is_shown_in_part) {
  RawHeaders headers;
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) {
    names.push_back("X-" + std::to_string(i));
    headers.push_back({names.back(), std::string(1500, 'a')});
  }
  const auto shown = shown_header(headers, names, {});
  BOOST_TEST(shown.size() <= shown_header_limit);
  BOOST_TEST(shown.ends_with("\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
