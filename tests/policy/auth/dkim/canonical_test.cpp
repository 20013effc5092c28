// SPDX-License-Identifier: Apache-2.0
// Canonical forms: the examples of RFC 6376 section 3.4.5, and every way of splitting.
#include "policy/auth/dkim/canonical.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/auth/dkim/message_hash.h"
#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

using tests::read_cases;
using tests::unescaped;

std::string canonical_body(Canonicalization form, std::string_view body,
                           std::size_t chunk) {
  std::string out;
  CanonicalBody canonical{form, [&](std::string_view octets) { out += octets; }};
  for (std::size_t at = 0; at < body.size(); at += chunk)
    canonical.feed(body.substr(at, chunk));
  canonical.finish();
  BOOST_TEST(canonical.length() == out.size());
  return out;
}

BOOST_AUTO_TEST_SUITE(dkim_canonical_forms)

BOOST_DATA_TEST_CASE(of_bodies, read_cases("auth/dkim/bodies.cases"), c) {
  const auto body = unescaped(c["body"]);
  for (std::size_t chunk = 1; chunk <= body.size() + 1; ++chunk) {
    BOOST_TEST(canonical_body(Canonicalization::simple, body, chunk) ==
               unescaped(c["simple"]));
    BOOST_TEST(canonical_body(Canonicalization::relaxed, body, chunk) ==
               unescaped(c["relaxed"]));
  }
}

BOOST_DATA_TEST_CASE(of_headers, read_cases("auth/dkim/headers.cases"), c) {
  const RawHeader header{unescaped(c["field"]), unescaped(c["value"])};
  BOOST_TEST(canonical_header(Canonicalization::simple, header) == unescaped(c["simple"]));
  BOOST_TEST(canonical_header(Canonicalization::relaxed, header) ==
             unescaped(c["relaxed"]));
}

BOOST_AUTO_TEST_CASE(selection_takes_fields_from_the_bottom) {
  const RawHeaders headers{
      {"A", "1"}, {"B", "2"}, {"a", "3"}, {"DKIM-Signature", "4"}, {"DKIM-Signature", "5"}};
  const FieldIndex index{headers};
  std::string selected;
  for (const auto* field :
       index.select({"a", "c", "A", "a", "dkim-signature", "dkim-signature"}, &headers[4]))
    selected += field->value;
  BOOST_TEST(selected == "314");
}

BOOST_AUTO_TEST_CASE(a_limit_cuts_the_hash_and_not_the_count) {
  BodyHash whole{Canonicalization::simple, std::nullopt};
  BodyHash cut{Canonicalization::simple, 3};
  BodyHash start{Canonicalization::relaxed, 3};
  for (auto* hash : {&whole, &cut, &start}) {
    hash->feed("ab");
    hash->feed("cdef\r\n");
    hash->finish();
    BOOST_TEST(hash->body_length() == 8U);
  }
  BOOST_TEST(cut.digest() == start.digest());
  BOOST_TEST(cut.digest() != whole.digest());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
