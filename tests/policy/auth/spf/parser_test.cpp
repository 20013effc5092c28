// SPDX-License-Identifier: Apache-2.0
// The grammar by itself: what a record is read as, where its error is, and what macros
// become.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

#include "policy/auth/spf/macro.h"
#include "policy/auth/spf/record.h"
#include "tests/support/cases.h"
#include "tests/support/spf_cases.h"

namespace milterward::tests {
namespace {

std::string brief(const auth::SpfRecord& record) {
  std::string text;
  for (const auto& directive : record.directives)
    text += std::string{ports::to_text(directive.qualifier)} + " " + directive.text + "\n";
  if (record.redirect) text += record.redirect->text + "\n";
  if (record.explanation) text += "explained\n";
  if (!text.empty()) text.pop_back();
  return text;
}

std::string read(const std::string& text) {
  const auto record = auth::parse_spf_record(text);
  if (record) return brief(*record);
  return record.fault().term + ": " + std::string{record.fault().reason};
}

/// The values of RFC 7208 section 7.4.
std::string example_value(char letter) {
  switch (letter) {
    case 's':
      return "strong-bad@email.example.com";
    case 'l':
      return "strong-bad";
    case 'o':
    case 'd':
      return "email.example.com";
    case 'i':
      return "192.0.2.3";
    case 'p':
      return "mx.example.org";
    case 'v':
      return "in-addr";
    case 'h':
      return "mail.example.net";
    case 'c':
      return "192.0.2.3";
    case 'r':
      return "receiver.example";
    case 't':
      return "1790000000";
    default:
      return "?";
  }
}

std::string expanded(const std::string& text) {
  const auto macros = auth::parse_explain_string(text);
  return macros ? auth::expand_text(*macros, example_value, 200)
                : std::string{auth::to_text(macros.fault())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parser)

BOOST_DATA_TEST_CASE(reads_records, read_cases("auth/spf/grammar.cases"), c) {
  if (c.has("record"))
    BOOST_TEST(read(unescaped(with_repeats(c["record"]))) == with_repeats(c["want"]));
  if (c.has("text")) BOOST_TEST(expanded(unescaped(c["text"])) == c["want"]);
  BOOST_TEST((c.has("record") || c.has("text")));
}

BOOST_AUTO_TEST_CASE(version_section_ends_at_a_space_or_the_end) {
  BOOST_TEST(auth::is_spf_record("v=spf1"));
  BOOST_TEST(auth::is_spf_record("V=SPF1 -all"));
  BOOST_TEST(!auth::is_spf_record("v=spf10"));
  BOOST_TEST(!auth::is_spf_record("v=spf1\t-all"));
  BOOST_TEST(!auth::is_spf_record(" v=spf1"));
  BOOST_TEST(!auth::is_spf_record(""));
}

BOOST_AUTO_TEST_CASE(names_dns_can_be_asked_for) {
  BOOST_TEST(auth::is_dns_name("example.org"));
  BOOST_TEST(auth::is_dns_name("a b.example.org"));
  BOOST_TEST(auth::is_dns_name(std::string(63, 'a') + ".org"));
  BOOST_TEST(!auth::is_dns_name(std::string(64, 'a') + ".org"));
  BOOST_TEST(!auth::is_dns_name("a..b"));
  BOOST_TEST(!auth::is_dns_name(".a"));
  BOOST_TEST(!auth::is_dns_name("a."));
  BOOST_TEST(!auth::is_dns_name(""));
  BOOST_TEST(!auth::is_dns_name("m\xc3\xbcnchen.example"));
  BOOST_TEST(!auth::is_dns_name(std::string{"a\0b", 3}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
