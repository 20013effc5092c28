// SPDX-License-Identifier: Apache-2.0
// Chains that hold and chains that do not, RFC 8617 section 5.2, and what sealing adds to
// them, section 5.1.
#include "policy/auth/arc/validation.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "policy/sign/arc_seal.h"
#include "tests/policy/auth/arc/sealed_letter.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using auth::ArcFinding;
using auth::ArcResult;

std::string brief(const ArcFinding& finding) {
  if (finding.result != ArcResult::pass)
    return fmt::format("{}{}{}{}", to_text(finding.result),
                       finding.reason.empty() ? "" : ": ", finding.reason,
                       finding.is_for_want_of_dns ? " (want of DNS)" : "");
  std::string text = fmt::format("pass oldest-pass={}{}", finding.oldest_pass,
                                 finding.author_is_signed ? "" : " author not signed");
  for (const auto& set : finding.sets) text += " " + set.domain;
  return text;
}

Case sealed_by(const std::string& sealers) {
  Case c;
  c.fields = {{"sealers", sealers}};
  return c;
}

BOOST_AUTO_TEST_SUITE(arc)

BOOST_DATA_TEST_CASE(validates, read_cases("auth/arc/validate.cases"), c) {
  SealedLetter letter{c};
  BOOST_TEST(brief(letter.validated()) == c["want"]);
  BOOST_TEST(brief(letter.validated(1)) == c["want"]);
}

BOOST_DATA_TEST_CASE(seals, read_cases("auth/arc/seal.cases"), c) {
  SealedLetter letter{c};
  BOOST_TEST(letter.seal("last.example", "rsa") == (c["want"] != "nothing"));
  if (c["want"] == "nothing") return;
  const auto instance = c["instance"];
  BOOST_TEST(letter.value("ARC-Seal " + instance).find("cv=" + c["want"] + ";") !=
             std::string::npos);
  BOOST_TEST(letter.value("ARC-Authentication-Results " + instance) ==
             " i=" + instance + "; last.example; arc=" + c.get("found", c["want"]));
  BOOST_TEST(letter.has("ARC-Message-Signature " + instance));
}

BOOST_AUTO_TEST_CASE(fifty_sets_pass_and_get_no_more) {
  std::string sealers;
  for (unsigned i = 1; i <= auth::arc_set_limit; ++i)
    sealers += fmt::format("s{}.example\n", i);
  SealedLetter letter{sealed_by(sealers)};
  const auto finding = letter.validated();
  BOOST_TEST((finding.result == ArcResult::pass));
  BOOST_TEST(finding.sets.size() == 50);
  BOOST_TEST(!letter.seal("more.example", "rsa"));
}

BOOST_AUTO_TEST_CASE(results_of_each_sealer_are_told) {
  SealedLetter letter{sealed_by("a.example\nb.example")};
  const auto finding = letter.validated();
  BOOST_TEST(finding.instance == 2);
  BOOST_TEST(finding.sets.at(0).results == "a.example; arc=none");
  BOOST_TEST(finding.sets.at(1).results == "b.example; arc=pass");
  BOOST_TEST(finding.sets.at(1).selector == "sel");
}

BOOST_AUTO_TEST_CASE(each_key_is_asked_for_once_and_before_any_is_waited_for) {
  const SealedLetter sealed{sealed_by("a.example\nb.example\na.example")};
  FakeResolver dns;
  const FakeClock clock;
  auth::ArcValidation validation{sealed.headers(), dns, clock};
  BOOST_TEST(dns.asked().size() == 2);
}

BOOST_AUTO_TEST_CASE(a_broken_structure_costs_no_question) {
  Case c = sealed_by("a.example\nb.example");
  c.fields.emplace_back("drop", "ARC-Seal 1");
  const SealedLetter broken{c};
  FakeResolver dns;
  const FakeClock clock;
  auth::ArcValidation validation{broken.headers(), dns, clock};
  BOOST_TEST(dns.asked().empty());
}

BOOST_AUTO_TEST_CASE(a_seal_over_a_failed_chain_covers_its_own_set_only) {
  // Section 5.1.2: as if it were the only set present, so nothing below it matters.
  Case c = sealed_by("a.example");
  c.fields.emplace_back("later_body", "more\\r\\n");
  SealedLetter whole{c};
  c.fields.emplace_back("change", "ARC-Authentication-Results 1 | none | pass");
  SealedLetter changed{c};
  whole.seal("b.example", "rsa");
  changed.seal("b.example", "rsa");
  BOOST_TEST(whole.value("ARC-Seal 2") == changed.value("ARC-Seal 2"));
}

BOOST_AUTO_TEST_CASE(a_chain_said_to_pass_that_is_broken_is_sealed_as_failed) {
  sign::ArcSealing sealing{arc_request("a.example")};
  const RawHeaders headers{{"From", " joe@author.example"},
                           {"ARC-Seal", " i=1; a=rsa-sha256; cv=none; b=AAAA"}};
  const auto fields = sealing.finish(headers, ArcResult::pass, "a.example; arc=pass");
  BOOST_TEST(fields->at(0).value.find("cv=fail;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(mail_without_from_is_not_sealed) {
  sign::ArcSealing sealing{arc_request("a.example")};
  const auto fields =
      sealing.finish({{"To", " x@y.example"}}, ArcResult::none, "a.example");
  BOOST_TEST((fields.fault() == ports::SigningFault::no_from));
}

BOOST_AUTO_TEST_CASE(results_and_arc_fields_are_never_in_h) {
  auto request = arc_request("a.example");
  request.oversigned = {"ARC-Seal", "From"};
  sign::ArcSealing sealing{std::move(request)};
  const RawHeaders headers{{"Authentication-Results", " a.example; none"},
                           {"From", " joe@author.example"}};
  const auto fields = sealing.finish(headers, ArcResult::none, "a.example");
  BOOST_TEST(fields->at(1).value.find("h=from:from;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_are_short) {
  auto request = arc_request("a-domain-with-a-name-as-long-as-labels-may-be.example");
  for (int i = 0; i < 20; ++i) {
    request.oversigned.push_back("X-Some-Field-" + std::to_string(i));
  }
  request.expires_after = std::chrono::hours{24};
  sign::ArcSealing sealing{std::move(request)};
  const auto fields =
      sealing.finish({{"From", " joe@author.example"}}, ArcResult::none, "a.example");
  for (const auto& field : *fields) {
    const std::string text = field.name + ":" + field.value;
    std::size_t begin = 0;
    while (begin < text.size()) {
      const auto end = std::min(text.find("\r\n", begin), text.size());
      BOOST_TEST(end - begin <= 78);
      begin = end + 2;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
