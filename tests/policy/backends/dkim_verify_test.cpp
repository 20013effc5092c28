// SPDX-License-Identifier: Apache-2.0
// Both DKIM verifiers by the same cases, the examples of the RFCs, and what is sent to
// hurt.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>

#include "policy/base/ascii.h"
#include "tests/policy/backends/dkim_workbench.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using ports::DkimResult;

/// The letter a case describes. header: adds or replaces by name, body: replaces;
/// signature: crafted one above the other; later_header: and later_body: come after
/// signing.
Letter letter_of(const Case& c) {
  Letter letter = ordinary_letter();
  if (c.has("headers")) letter = tests::letter_of(unescaped(c["headers"]) + "\n\n");
  if (c.has("body")) letter.body = unescaped(c["body"]);
  for (const auto& signature : c.all("signature"))
    letter.headers.insert(letter.headers.begin(),
                          crafted_signature(letter, unescaped(signature)));
  if (c.has("later_headers")) {
    const auto later = tests::letter_of(unescaped(c["later_headers"]) + "\n\n").headers;
    letter.headers.insert(letter.headers.begin(), later.begin(), later.end());
  }
  letter.body += unescaped(c.get("later_body"));
  return letter;
}

BOOST_AUTO_TEST_SUITE(dkim_verifiers)

BOOST_DATA_TEST_CASE(verify_signatures,
                     read_cases("auth/dkim/verify.cases") * verifying_engines(), c,
                     engine) {
  const auto letter = letter_of(c);
  FakeResolver dns{c.has("dns") ? with_keys(c["dns"]) : usual_zone()};
  const auto want = c.has("want_" + engine.name) ? c["want_" + engine.name] : c["want"];
  BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, FakeClock{})) == want);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
