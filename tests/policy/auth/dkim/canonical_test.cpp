// SPDX-License-Identifier: Apache-2.0
// Canonical forms: the examples of RFC 6376 section 3.4.5, every way of splitting, and all
// implementations that this processor can run, by the same cases and against each other.
#include "policy/auth/dkim/canonical.h"

#include <array>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "policy/auth/dkim/block_operations.h"
#include "policy/auth/dkim/message_hash.h"
#include "tests/support/cases.h"
#include "tests/support/naive_canonical.h"

namespace milterward::auth {
namespace {

using tests::naive_canonical_body;
using tests::read_cases;
using tests::unescaped;

/// Each chunk in memory of its own, so that a sanitizer sees a look beyond its ends.
template <class NextSize>
std::string canonical_body(Canonicalization form, std::string_view body,
                           const BlockOperations& operations, NextSize next_size) {
  std::string out;
  CanonicalBody canonical{form, [&](std::string_view octets) { out += octets; },
                          operations};
  while (!body.empty()) {
    const auto part = body.substr(0, next_size());
    const std::vector<char> own(part.begin(), part.end());
    canonical.feed({own.data(), own.size()});
    body.remove_prefix(part.size());
  }
  canonical.finish();
  BOOST_TEST(canonical.length() == out.size());
  return out;
}

std::string canonical_header(Canonicalization form, const RawHeader& header) {
  CanonicalHeader canonical{form};
  canonical.append(header.name, header.value);
  return canonical.text();
}

constexpr std::array<std::string_view, 5> alphabets{
    "ab \t\r\n", "abcdefghijklmnop \r\n", "abcdefghijklmnopqrstuvwxyz", "a  ", "\r\n \t"};

std::string random_body(std::mt19937& random) {
  const auto alphabet = alphabets[random() % alphabets.size()];
  const auto size = random() % 400;
  std::string body;
  while (body.size() < size) {
    const auto choice = random() % 24;
    if (choice < 4)
      body += "\r\n";
    else if (choice == 4)
      body += std::string(random() % 200, 'x');
    else
      body += alphabet[random() % alphabet.size()];
  }
  return body;
}

BOOST_AUTO_TEST_SUITE(dkim_canonical_forms)

BOOST_DATA_TEST_CASE(of_bodies, read_cases("auth/dkim/bodies.cases"), c) {
  const auto body = unescaped(c["body"]);
  for (const auto& operations : block_operations())
    for (std::size_t chunk = 1; chunk <= body.size() + 1; ++chunk) {
      const auto size = [chunk] { return chunk; };
      BOOST_TEST(canonical_body(Canonicalization::simple, body, operations, size) ==
                 unescaped(c["simple"]));
      BOOST_TEST(canonical_body(Canonicalization::relaxed, body, operations, size) ==
                 unescaped(c["relaxed"]));
    }
}

// The implementation works on blocks of 64 octets: whatever a case shows has to hold where
// blocks meet, too.
BOOST_DATA_TEST_CASE(of_bodies_behind_text_of_any_length,
                     read_cases("auth/dkim/bodies.cases"), c) {
  for (std::size_t before = 1; before <= 3 * block_octets; ++before) {
    const auto body = std::string(before, 'x') + unescaped(c["body"]);
    for (const auto form : {Canonicalization::simple, Canonicalization::relaxed})
      for (const auto& operations : block_operations())
        BOOST_TEST(
            canonical_body(form, body, operations, [] { return std::string::npos; }) ==
                naive_canonical_body(form, body),
            operations.name << " behind " << before << " octets");
  }
}

BOOST_AUTO_TEST_CASE(of_random_bodies_in_random_chunks) {
  std::mt19937 random{4};
  for (int round = 0; round < 2000; ++round) {
    const auto body = random_body(random);
    const auto longest = round % 2 == 0 ? 400U : 70U;
    for (const auto form : {Canonicalization::simple, Canonicalization::relaxed})
      for (const auto& operations : block_operations())
        BOOST_TEST(canonical_body(form, body, operations,
                                  [&] { return 1 + random() % longest; }) ==
                       naive_canonical_body(form, body),
                   operations.name << " in round " << round);
  }
}

BOOST_AUTO_TEST_CASE(operations_on_blocks_do_the_same) {
  std::mt19937 random{5};
  for (int round = 0; round < 2000; ++round) {
    // Every octet there is, near what is looked for and beyond ASCII.
    std::array<char, 2 * block_octets> octets;
    for (auto& octet : octets) {
      constexpr std::string_view wanted = " \t\r\n";
      octet = random() % 2 == 0 ? wanted[random() % wanted.size()]
                                : static_cast<char>(random() % 256);
    }
    const auto kept = std::uint64_t{random()} << 32 | random();
    std::array<OctetMasks, 2> want;
    std::string want_kept;
    for (std::size_t i = 0; i < octets.size(); ++i) {
      const auto bit = std::uint64_t{1} << i % block_octets;
      auto& masks = want[i / block_octets];
      if (octets[i] == ' ' || octets[i] == '\t') masks.blanks |= bit;
      if (octets[i] == '\t') masks.tabs |= bit;
      if (octets[i] == '\r') masks.crs |= bit;
      if (octets[i] == '\n') masks.lfs |= bit;
      if (i < block_octets && (kept & bit) != 0)
        want_kept += octets[i] == '\t' ? ' ' : octets[i];
    }
    for (const auto& operations : block_operations()) {
      std::array<OctetMasks, 2> masks;
      operations.classify(octets.data(), masks);
      BOOST_TEST((masks == want), operations.name << " in round " << round);
      std::array<char, block_octets> out;
      const auto* const end = operations.copy_kept(octets.data(), kept, out.data());
      BOOST_TEST((std::string_view{
                      out.data(), static_cast<std::size_t>(end - out.data())} == want_kept),
                 operations.name << " in round " << round);
    }
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

// RFC 6376 section 3.4.2 deletes white space before the colon, so the field is the same.
BOOST_AUTO_TEST_CASE(selection_ignores_white_space_before_the_colon) {
  const RawHeaders headers{{"From \t", "1"}, {"Fro", "2"}, {"from", "3"}};
  const FieldIndex index{headers};
  BOOST_TEST(index.named("FROM").size() == 2U);
  BOOST_TEST(index.named("To").empty());
  std::string selected;
  for (const auto* field : index.select({"from", "from", "from"}, nullptr))
    selected += field->value;
  BOOST_TEST(selected == "31");
}

BOOST_AUTO_TEST_CASE(hashes_of_one_body_are_shared) {
  BodyHashes hashes;
  hashes.want(Canonicalization::simple);
  hashes.want(Canonicalization::simple, 3);
  hashes.want(Canonicalization::simple);
  hashes.feed("abcd\r\n");
  hashes.finish();
  const auto& whole = hashes.of(Canonicalization::simple);
  const auto& cut = hashes.of(Canonicalization::simple, 3);
  BOOST_TEST(&whole == &hashes.of(Canonicalization::simple));
  BOOST_TEST(whole.digest() != cut.digest());
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
