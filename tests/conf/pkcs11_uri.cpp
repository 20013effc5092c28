// SPDX-License-Identifier: Apache-2.0
// Which keys of which tokens a configuration may name.
#include "conf/pkcs11_uri.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward::conf {
namespace {

std::string shown(const std::string& octets) {
  std::string text;
  for (const char c : octets)
    text += c >= ' ' && c < 0x7f ? std::string{c}
                                 : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string brief(const Pkcs11Uri& uri) {
  std::string text;
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, shown(*value));
  };
  add("token", uri.token);
  add("manufacturer", uri.manufacturer);
  add("model", uri.model);
  add("serial", uri.serial);
  add("object", uri.object);
  add("id", uri.id);
  return text;
}

BOOST_DATA_TEST_CASE(reads_pkcs11_uris, tests::read_cases("conf/pkcs11_uri.cases"), c) {
  const auto uri = parse_pkcs11_uri(c["uri"]);
  BOOST_TEST((uri ? brief(*uri) : uri.fault().wrong) == c["want"]);
  if (!uri) BOOST_TEST(!uri.fault().way_out.empty());
}

}  // namespace
}  // namespace milterward::conf
