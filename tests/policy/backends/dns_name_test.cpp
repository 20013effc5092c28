// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_name.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/base/unreachable.h"
#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::tests;
using backends::canonical_dns_name;
using backends::DnsNameFault;

namespace {

std::string text_of(DnsNameFault fault) {
  switch (fault) {
    case DnsNameFault::empty:
      return "empty";
    case DnsNameFault::empty_label:
      return "empty_label";
    case DnsNameFault::label_too_long:
      return "label_too_long";
    case DnsNameFault::name_too_long:
      return "name_too_long";
    case DnsNameFault::bad_escape:
      return "bad_escape";
  }
  unreachable();
}

std::string canonical(const std::string& name) {
  const auto result = canonical_dns_name(name);
  return result ? *result : text_of(result.fault());
}

std::string labels(std::size_t count, std::size_t length) {
  std::string name;
  for (std::size_t i = 0; i < count; ++i) name += std::string(length, 'x') + '.';
  return name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dns_names)

BOOST_DATA_TEST_CASE(name_is_spelled, read_cases("backends/dns_name.cases"), c) {
  BOOST_TEST(canonical(unescaped(c["ask"])) == c["want"]);
}

BOOST_DATA_TEST_CASE(canonical_spelling_is_its_own, read_cases("backends/dns_name.cases"),
                     c) {
  if (const auto once = canonical_dns_name(unescaped(c["ask"])))
    BOOST_TEST(canonical(*once) == *once);
}

BOOST_AUTO_TEST_CASE(labels_of_63_octets_are_the_longest) {
  BOOST_TEST(canonical(labels(1, 63)) == std::string(63, 'x'));
  BOOST_TEST(canonical(labels(1, 64)) == "label_too_long");
}

BOOST_AUTO_TEST_CASE(names_of_255_octets_on_the_wire_are_the_longest) {
  const auto three_labels = labels(3, 63);
  BOOST_TEST(canonical(three_labels + std::string(61, 'x')).size() == 253u);
  BOOST_TEST(canonical(three_labels + std::string(62, 'x')) == "name_too_long");
}

BOOST_AUTO_TEST_CASE(an_escape_counts_as_the_octet_it_names) {
  std::string label;
  for (int i = 0; i < 63; ++i) label += R"(\255)";
  BOOST_TEST(canonical(label) == label);
  BOOST_TEST(canonical(label + 'x') == "label_too_long");
}

BOOST_AUTO_TEST_SUITE_END()
