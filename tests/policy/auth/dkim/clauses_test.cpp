// SPDX-License-Identifier: Apache-2.0
// The list of clauses in clauses.cases names cases and tests that exist.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Is this the name of a stanza, or the key it is about?
bool names_stanza(const std::string& file, std::string_view name) {
  for (const auto& c : parse_cases(file, "named"))
    if (c.get("name") == name || c.get("key") == name) return true;
  return false;
}

bool names_test(const std::string& file, std::string_view name) {
  return file.find("TEST_CASE(" + std::string{name}) != std::string::npos;
}

BOOST_DATA_TEST_CASE(every_clause_has_what_shows_it, read_cases("auth/dkim/clauses.cases"),
                     c) {
  BOOST_TEST((c.has("by") || !c["not_ours"].empty()));
  for (const auto& by : c.all("by")) {
    const auto bar = by.find(" | ");
    BOOST_REQUIRE_MESSAGE(bar != std::string::npos, by);
    const auto path = by.substr(0, bar);
    const auto name = by.substr(bar + 3);
    const auto file = content_of(MILTERWARD_SOURCE_DIR "/tests/" + path);
    BOOST_TEST(
        (path.ends_with(".cases") ? names_stanza(file, name) : names_test(file, name)), by);
  }
}

}  // namespace
}  // namespace milterward::tests
