// SPDX-License-Identifier: Apache-2.0
// What trusted sealers say of an author, and how a chain reads in Authentication-Results.
#include "policy/auth/arc/witness.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "policy/auth/arc/authres.h"
#include "policy/auth/arc/origin.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using auth::ArcFinding;
using auth::ArcResult;

std::vector<Domain> domains_in(const std::string& text) {
  std::vector<Domain> domains;
  for (const auto word : split(text, ' '))
    if (!word.empty()) domains.push_back(Domain::parse(word).value());
  return domains;
}

ArcFinding chain_of(const Case& c) {
  ArcFinding chain;
  chain.result = ArcResult::pass;
  chain.author_is_signed = c.get("from") != "unsigned";
  for (const auto& set : c.all("set")) {
    const auto bar = set.find(" | ");
    chain.sets.push_back({set.substr(0, bar), "s", set.substr(bar + 3)});
  }
  return chain;
}

auth::ArcAuthor author_of(const std::string& text) {
  const auto words = split(text, ' ');
  const auto says = [&](std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  auth::ArcAuthor author{
      Domain::parse(words[0]).value(), {}, says("adkim=s"), says("aspf=s")};
  if (says("of")) author.organizational = Domain::parse(words[2]).value();
  return author;
}

BOOST_AUTO_TEST_SUITE(arc_witnesses)

BOOST_DATA_TEST_CASE(speak, read_cases("auth/arc/witness.cases"), c) {
  const auto author = author_of(c["author"]);
  std::string got;
  for (const auto& witness :
       auth::witnesses_of(chain_of(c), domains_in(c["trusted"]), author)) {
    if (!got.empty()) got += "\n";
    got += witness.sealer + " " + std::string{to_text(witness.proof)};
    BOOST_TEST(witness.author_domain == author.domain.name());
  }
  BOOST_TEST((got.empty() ? "nothing" : got) == c["want"]);
}

BOOST_DATA_TEST_CASE(begin_somewhere, read_cases("auth/arc/origin.cases"), c) {
  const auto origin = auth::origin_of(chain_of(c));
  BOOST_TEST((origin.known() ? origin.text() : "nowhere") == c["want"]);
}

std::string told(const ArcFinding& finding, const std::string& client) {
  return auth::print_authres({"mx.test", {auth::authres_method(finding, client)}});
}

BOOST_AUTO_TEST_CASE(begin_nowhere_without_a_chain) {
  BOOST_TEST(!auth::origin_of({}).known());
}

BOOST_AUTO_TEST_CASE(no_chain_is_told_with_the_client) {
  BOOST_TEST(told({}, "192.0.2.1") == " mx.test;\r\n\tarc=none smtp.remote-ip=192.0.2.1");
  BOOST_TEST(told({}, "") == " mx.test;\r\n\tarc=none");
}

BOOST_AUTO_TEST_CASE(a_chain_that_passes_is_told_with_its_sealers_the_newest_first) {
  ArcFinding finding;
  finding.result = ArcResult::pass;
  finding.oldest_pass = 2;
  finding.sets = {{"a.test", "s", ""}, {"b.test", "s", ""}};
  BOOST_TEST(told(finding, "2001:db8::1") ==
             " mx.test;\r\n\tarc=pass (sealed by b.test, a.test) "
             "smtp.remote-ip=\"2001:db8::1\"\r\n\theader.oldest-pass=2");
}

BOOST_AUTO_TEST_CASE(a_chain_that_fails_is_told_with_the_reason) {
  ArcFinding finding;
  finding.result = ArcResult::fail;
  finding.reason = "ARC-Seal 2: signature did not verify";
  BOOST_TEST(told(finding, "") ==
             " mx.test;\r\n\tarc=fail reason=\"ARC-Seal 2: signature did not verify\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
