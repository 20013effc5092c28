// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "policy/sign/trace.h"

namespace milterward::sign {
namespace {

const WallTime noon{std::chrono::seconds{1'790'000'000}};
const TraceSecret secret{1, 2, 3};

RawHeaders message() {
  return {{"Received", " from a by b"},
          {"From", " Joe <joe@home.test>"},
          {"Date", " Mon, 1 Jan 2026 00:00:00 +0000"},
          {"Message-ID", " <1@home.test>"},
          {"Subject", " hello"}};
}

Trace entered_inbound() {
  return {noon,
          TraceOrigin::inbound,
          {"home.test"},
          {},
          {field_digest({"Authentication-Results", " a; spf=pass"})},
          true};
}

BOOST_AUTO_TEST_CASE(a_trace_is_read_back) {
  const auto field = make_trace(entered_inbound(), message(), secret);
  const auto trace = read_trace(field, message(), secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_CHECK(*trace == entered_inbound());
}

BOOST_AUTO_TEST_CASE(empty_lists_stay_empty) {
  const Trace bare{noon, TraceOrigin::local, {}, {}, {}, true};
  const auto trace =
      read_trace(make_trace(bare, message(), secret), message(), secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_CHECK(*trace == bare);
}

BOOST_AUTO_TEST_CASE(folds_and_bare_line_feeds_do_not_matter) {
  auto field = make_trace(entered_inbound(), message(), secret);
  std::string value;
  for (const char c : field.value)
    if (c != '\r') value += c;
  field.value = value;
  auto headers = message();
  headers[1].value = "  Joe\n\t<joe@home.test>  ";
  const auto trace = read_trace(field, headers, secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_TEST(trace->is_of_this_message);
}

BOOST_AUTO_TEST_CASE(another_key_is_no_trace) {
  const auto field = make_trace(entered_inbound(), message(), TraceSecret{9});
  BOOST_CHECK(!read_trace(field, message(), secret, noon));
}

BOOST_AUTO_TEST_CASE(every_changed_octet_is_noticed) {
  const auto field = make_trace(entered_inbound(), message(), secret);
  for (std::size_t i = 0; i < field.value.size(); ++i) {
    auto changed = field;
    if (changed.value[i] == ' ' || changed.value[i] == '\t' || changed.value[i] == '\r' ||
        changed.value[i] == '\n')
      continue;
    changed.value[i] = changed.value[i] == 'x' ? 'y' : 'x';
    BOOST_CHECK(!read_trace(changed, message(), secret, noon));
  }
}

BOOST_AUTO_TEST_CASE(a_trace_on_another_message_says_so) {
  const auto field = make_trace(entered_inbound(), message(), secret);
  auto headers = message();
  headers[3].value = " <2@home.test>";
  const auto trace = read_trace(field, headers, secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_TEST(!trace->is_of_this_message);
}

BOOST_AUTO_TEST_CASE(a_second_from_is_another_message) {
  const auto field = make_trace(entered_inbound(), message(), secret);
  auto headers = message();
  headers.push_back({"From", " ceo@home.test"});
  BOOST_TEST(!read_trace(field, headers, secret, noon)->is_of_this_message);
}

BOOST_AUTO_TEST_CASE(fields_added_later_do_not_unbind_it) {
  RawHeaders bare{{"From", " joe@home.test"}};
  const auto field = make_trace(entered_inbound(), bare, secret);
  bare.push_back({"Date", " today"});
  BOOST_TEST(read_trace(field, bare, secret, noon)->is_of_this_message);
}

BOOST_AUTO_TEST_CASE(a_trace_without_anything_to_bind_to_is_of_no_message) {
  const RawHeaders bare{{"Subject", " x"}};
  const auto trace =
      read_trace(make_trace(entered_inbound(), bare, secret), bare, secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_TEST(!trace->is_of_this_message);
}

BOOST_AUTO_TEST_CASE(an_inbound_trace_never_grows_old) {
  const auto field = make_trace(entered_inbound(), message(), secret);
  BOOST_CHECK(read_trace(field, message(), secret, noon + 100 * trace_lifetime));
}

BOOST_AUTO_TEST_CASE(traces_of_our_own_mail_grow_old) {
  auto submitted = entered_inbound();
  submitted.origin = TraceOrigin::submission;
  const auto field = make_trace(submitted, message(), secret);
  BOOST_CHECK(read_trace(field, message(), secret, noon + trace_lifetime));
  BOOST_CHECK(
      !read_trace(field, message(), secret, noon + trace_lifetime + std::chrono::hours{1}));
}

Trace by_a_hundred_authors() {
  auto trace = entered_inbound();
  for (int i = 100; i < 200; ++i)
    trace.author_domains.push_back(std::string(200, 'a') + std::to_string(i) + ".test");
  return trace;
}

BOOST_AUTO_TEST_CASE(every_line_is_short) {
  const auto field = make_trace(by_a_hundred_authors(), message(), secret);
  std::size_t column = field.name.size() + 1;
  for (const char c : field.value) {
    column = c == '\n' ? 0 : column + 1;
    BOOST_CHECK(column < 998);
  }
}

BOOST_AUTO_TEST_CASE(a_trace_of_a_hundred_authors_is_read_back) {
  const auto field = make_trace(by_a_hundred_authors(), message(), secret);
  const auto trace = read_trace(field, message(), secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_CHECK(*trace == by_a_hundred_authors());
}

BOOST_AUTO_TEST_CASE(lines_broken_anywhere_do_not_matter) {
  auto field = make_trace(entered_inbound(), message(), secret);
  for (std::size_t at = 20; at < field.value.size(); at += 20)
    field.value.insert(at, "\r\n ");
  const auto trace = read_trace(field, message(), secret, noon);
  BOOST_REQUIRE(trace.has_value());
  BOOST_CHECK(*trace == entered_inbound());
}

}  // namespace
}  // namespace milterward::sign
