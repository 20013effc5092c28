// SPDX-License-Identifier: Apache-2.0
// The From field: the torture set of mail/author.cases, and what is too big for a case.
#include "policy/mail/author.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>

#include "policy/mail/author_readings.h"
#include "tests/support/cases.h"
#include "tests/support/processor_time.h"

namespace milterward {
namespace {

using tests::read_cases;
using tests::unescaped;

/// "joe@home.test, seen ann@out.test", or "malformed: <reason>".
std::string brief(const Result<Authors, AuthorFault>& authors) {
  if (!authors)
    return std::string{to_text(authors.fault().kind)} + ": " + authors.fault().reason;
  std::string text;
  for (const auto& author : *authors)
    text += std::string{text.empty() ? "" : ", "} + (author.is_by_grammar ? "" : "seen ") +
            author.local_part + "@" + author.domain.name();
  return text;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// Eight times the octets: linear work costs eight times as much, quadratic work 64 times.
void check_cost_is_linear(const std::function<void(std::size_t octets)>& work) {
  constexpr std::size_t growth = 8;
  constexpr double tolerated = 3.0 * growth;
  const auto cost_of = [&](std::size_t octets) {
    const auto begin = tests::processor_seconds();
    work(octets);
    return tests::processor_seconds() - begin;
  };
  const auto small = cost_of(from_field_limit / growth);
  BOOST_TEST(cost_of(from_field_limit) < tolerated * small);
}

BOOST_AUTO_TEST_SUITE(author_fields)

BOOST_DATA_TEST_CASE(reads_from_fields, read_cases("mail/author.cases"), c) {
  RawHeaders headers{{"Subject", " From: not@an.author"}};
  if (c.has("Hidden")) headers.push_back({"X-Hidden", " " + unescaped(c["Hidden"])});
  for (const auto& [key, value] : c.fields)
    if (key == "From" || key == "FROM" || key == "From ")
      headers.push_back({key, unescaped(value)});
  if (c.has("blank-name")) headers.push_back({"From \t", unescaped(c["blank-name"])});
  BOOST_TEST(brief(authors_of(headers)) == c["want"]);
}

BOOST_AUTO_TEST_CASE(comments_nest_to_a_depth_of_32_by_the_grammar) {
  const auto nested = [](std::size_t depth) {
    return repeated("(", depth) + repeated(")", depth) + " joe@home.test";
  };
  BOOST_TEST(are_by_grammar(parse_authors(nested(32)).value()));
  BOOST_TEST(!are_by_grammar(parse_authors(nested(33)).value()));
}

BOOST_AUTO_TEST_CASE(a_hundred_authors_are_read_and_one_more_is_malformed) {
  const auto list = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
      all += "joe" + std::to_string(i) + "@home.test,";
    return all;
  };
  BOOST_TEST(parse_authors(list(author_limit))->size() == author_limit);
  BOOST_TEST(!parse_authors(list(author_limit + 1)).has_value());
}

BOOST_AUTO_TEST_CASE(domains_come_once_each_and_in_order) {
  const auto authors = parse_authors("a@two.test, b@one.test, c@TWO.test.");
  BOOST_TEST_REQUIRE(authors.has_value());
  const auto domains = domains_of(*authors);
  BOOST_TEST_REQUIRE(domains.size() == 2);
  BOOST_TEST(domains[0].name() == "two.test");
  BOOST_TEST(domains[1].name() == "one.test");
}

BOOST_AUTO_TEST_CASE(the_domain_is_also_kept_as_written) {
  BOOST_TEST(parse_authors("joe@M\xc3\xbcnchen.Test")->front().domain_text ==
             "M\xc3\xbcnchen.Test");
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_nonsense_is_malformed_at_once) {
  constexpr std::size_t megabyte = 1024 * 1024;
  for (const std::string_view piece :
       {"(",   "\"",    "<",    "@",       ",",    ":",        ";", ".",
        "a ",  "a@",    "a@b,", "g:;",     "\\",   "=?",       "[", "\r\n ",
        "(a)", "\"a\"", "a.",   "<@a,@b:", "\xff", "\xc3\xbc."}) {
    const auto nonsense = repeated(piece, megabyte / piece.size());
    BOOST_TEST(!parse_authors(nonsense).has_value(), "piece " << piece);
    BOOST_TEST(!parse_authors("<joe@" + nonsense).has_value(), "domain of " << piece);
  }
}

BOOST_AUTO_TEST_CASE(the_longest_nonsense_we_read_costs_linear_time) {
  check_cost_is_linear([](std::size_t octets) {
    for (const std::string_view piece :
         {"a ",       "a.",         "(a)",      "\"a\"",     ",",           ".",
          "\r\n ",    "g:;",        "\xc3\xbc", "a@b.",      "=?= ",        "=?a?q?",
          "=?a?b?@ ", "=?a?q?@?=",  "@(",       "@() ",      "@ ",          "(@a.b",
          "a@b(x).",  "\"\\@a.b\"", "<@a.b,",   "a@b.test ", "@\xc3\xbc.b "})
      BOOST_TEST(!parse_authors(repeated(piece, octets / piece.size())).has_value(),
                 "piece " << piece);
  });
}

BOOST_AUTO_TEST_CASE(the_longest_name_before_an_address_costs_linear_time) {
  check_cost_is_linear([](std::size_t octets) {
    constexpr std::string_view address = " <joe@home.test>";
    for (const std::string_view piece :
         {"a ", "(a)", "\"a\"", "\"\\a\"", "\r\n ", "=?a?q?b", "=?a?b?b", "=?a?q?b?="}) {
      const auto name = repeated(piece, (octets - address.size()) / piece.size());
      BOOST_TEST(parse_authors(name + std::string{address}).has_value(), "piece " << piece);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_hundred_addresses_are_seen_and_more_are_malformed) {
  const auto broken = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += "a@b" + std::to_string(i) + ".test; ";
    return all;
  };
  BOOST_TEST(parse_authors(broken(seen_address_limit))->size() == seen_address_limit);
  BOOST_TEST(!parse_authors(broken(seen_address_limit + 1)).has_value());
  BOOST_TEST(!parse_authors(repeated("joe@home.test; ", seen_sign_limit + 1)).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_comment_shows_is_limited_too) {
  const auto commented = [](std::size_t signs) {
    return "joe@home.test (" + repeated("@out.test ", signs) + ")";
  };
  BOOST_TEST(parse_authors(commented(seen_sign_limit - 1)).has_value());
  BOOST_TEST(!parse_authors(commented(seen_sign_limit)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward
