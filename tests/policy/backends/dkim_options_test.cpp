// SPDX-License-Identifier: Apache-2.0
// What a key chooses of its signatures, with both engines: canonical forms, validity,
// identity, and keys of all sizes.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

#include "policy/auth/dkim/tag_list.h"
#include "policy/sign/private_key.h"
#include "tests/policy/backends/dkim_workbench.h"

namespace milterward::tests {
namespace {

using conf::SigningForms;

constexpr std::array forms{SigningForms::relaxed_relaxed, SigningForms::relaxed_simple,
                           SigningForms::simple_relaxed, SigningForms::simple_simple};
constexpr std::array names{"relaxed/relaxed", "relaxed/simple", "simple/relaxed",
                           "simple/simple"};

/// Blanks and folds that the canonical forms treat differently.
Letter blank_letter() {
  auto letter = ordinary_letter();
  letter.headers.push_back({"References", "  <a@b.test>\n\t<c@d.test> "});
  letter.body = "two  blanks \r\n\r\n\tend\r\n\r\n\r\n";
  return letter;
}

Letter with_signatures(Letter letter, const std::vector<RawHeader>& fields) {
  letter.headers.insert(letter.headers.begin(), fields.begin(), fields.end());
  return letter;
}

std::string tag(const RawHeader& field, std::string_view name) {
  return std::string{auth::TagList::parse(field.value).value().value(name).value_or("")};
}

BOOST_AUTO_TEST_SUITE(dkim_options)

BOOST_DATA_TEST_CASE(each_signature_has_forms_of_its_own,
                     signing_engines() * verifying_engines(), signer, verifier) {
  std::vector<ports::SigningRequest> requests;
  for (const auto form : forms) {
    requests.push_back(usual_request(rsa_key(), "sel"));
    requests.back().forms = form;
    requests.push_back(usual_request(ed25519_key(), "ed"));
    requests.back().forms = form;
  }
  const auto plain = blank_letter();
  const auto fields = signed_by(*signer.signer, plain, requests, 3);
  for (std::size_t i = 0; i < fields.size(); ++i)
    BOOST_TEST(tag(fields[i], "c") == names[i / 2]);
  FakeResolver dns{usual_zone()};
  const auto found = findings_of(*verifier.verifier, with_signatures(plain, fields), dns,
                                 clock_of_letters());
  BOOST_TEST(brief(found) == "pass\npass\npass\npass\npass\npass\npass\npass");

  auto refolded = plain;
  refolded.headers.back().value = " <a@b.test> <c@d.test>";
  refolded.body = "two blanks\r\n\r\n end\r\n";
  const auto after = findings_of(*verifier.verifier, with_signatures(refolded, fields), dns,
                                 clock_of_letters());
  for (std::size_t i = 0; i < after.size(); ++i)
    BOOST_TEST((after[i].result == ports::DkimResult::pass) == (i < 2));
}

BOOST_DATA_TEST_CASE(identity_and_validity_are_told, signing_engines(), signer) {
  for (const auto& key : {rsa_key(), ed25519_key()}) {
    auto request = usual_request(key, "sel");
    request.identity = "joe@news.example.com";
    request.expires_after = std::chrono::hours{48};
    const auto field = signed_by(*signer.signer, ordinary_letter(), {request}).at(0);
    BOOST_TEST(tag(field, "i") == "joe@news.example.com");
    BOOST_TEST(std::stoll(tag(field, "x")) - std::stoll(tag(field, "t")) == 48 * 3600);
    request.identity.clear();
    request.expires_after = std::chrono::seconds{0};
    const auto plain = signed_by(*signer.signer, ordinary_letter(), {request}).at(0);
    BOOST_TEST(tag(plain, "i").empty());
    BOOST_TEST(tag(plain, "x").empty());
  }
}

BOOST_DATA_TEST_CASE(large_keys_sign, signing_engines() * verifying_engines(), signer,
                     verifier) {
  for (const std::size_t bits : {2048, 3072, 4096}) {
    const auto key = sign::parse_private_key(make_pem("RSA", bits)).value();
    const auto letter = ordinary_letter();
    const auto fields = signed_by(*signer.signer, letter, {usual_request(key, "big")});
    FakeResolver dns{"big._domainkey.example.com TXT v=DKIM1; k=rsa; p=" +
                     key->public_record()};
    const auto found = findings_of(*verifier.verifier, with_signatures(letter, fields), dns,
                                   clock_of_letters());
    BOOST_TEST(brief(found) == "pass");
    BOOST_TEST(found.at(0).key_bits == bits);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
