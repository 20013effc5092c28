// SPDX-License-Identifier: Apache-2.0
// Both DKIM signers: what they sign verifies with both verifiers and with dkimpy, and what
// changes on the way no longer does.
#include <sys/stat.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "policy/auth/dkim/canonical.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"
#include "tests/policy/backends/dkim_case.h"

namespace milterward::tests {
namespace {

Letter below_signatures(const Letter& letter, const std::vector<RawHeader>& fields) {
  Letter with = letter;
  with.headers.insert(with.headers.begin(), fields.begin(), fields.end());
  return with;
}

Letter signed_letter(const ports::DkimSigner& signer, const Letter& letter,
                     std::size_t chunk = 65535) {
  return below_signatures(letter, signed_by(signer, letter,
                                            {usual_request(rsa_key(), "sel"),
                                             usual_request(ed25519_key(), "ed")},
                                            chunk));
}

std::string verdicts(const VerifyingEngine& engine, const Letter& letter) {
  FakeResolver dns{usual_zone()};
  return brief(findings_of(*engine.verifier, letter, dns, clock_of_letters()));
}

/// Text as mail has it: words, blanks, tabs, empty lines, long lines, 8-bit, dots.
std::string random_body(std::mt19937& random) {
  constexpr std::array<std::string_view, 10> pieces{
      "word",     " ", "  ",    "\t",    "\r\n",
      "\r\n\r\n", ".", "\r\n.", " \r\n", "gr\xc3\xbc\xc3\x9f"};
  std::string body;
  for (auto count = random() % 60; count > 0; --count)
    body += pieces[random() % pieces.size()];
  if (random() % 10 == 0) body += std::string(1200, 'x');
  if (random() % 4 != 0) body += "\r\n";
  return body;
}

RawHeaders random_headers(std::mt19937& random) {
  constexpr std::array<std::string_view, 7> pieces{
      "word", " ", "  ", "\t", "\n ", "\n\t ", "gr\xc3\xbc\xc3\x9f"};
  RawHeaders headers{{"From", " Joe <joe@example.com>"}};
  for (const auto* name :
       {"To", "Subject", "List-Id", "References", "References", "X-Other"}) {
    if (random() % 4 == 0) continue;
    std::string value = random() % 5 == 0 ? "" : " ";
    for (auto count = random() % 12; count > 0; --count)
      value += pieces[random() % pieces.size()];
    headers.insert(
        headers.begin() + static_cast<std::ptrdiff_t>(random() % (headers.size() + 1)),
        {name, value + "end"});
  }
  return headers;
}

BOOST_AUTO_TEST_SUITE(dkim_signers)

BOOST_DATA_TEST_CASE(sign_with_rsa_first_and_ed25519,
                     signing_engines() * verifying_engines(), signer, verifier) {
  const auto letter = signed_letter(*signer.signer, ordinary_letter());
  BOOST_TEST(letter.headers.at(0).value.find("a=rsa-sha256") != std::string::npos);
  BOOST_TEST(letter.headers.at(1).value.find("a=ed25519-sha256") != std::string::npos);
  BOOST_TEST(verdicts(verifier, letter) == "pass\npass");
}

/// As a token holds it: it signs and cannot be read.
class HiddenKey final : public ports::PrivateKey {
 public:
  ports::SigningAlgorithm algorithm() const noexcept override {
    return rsa_key()->algorithm();
  }
  unsigned bits() const noexcept override { return rsa_key()->bits(); }
  Result<std::string, ports::SigningFault> sign(std::string_view digest) const override {
    return rsa_key()->sign(digest);
  }
  std::string public_record() const override { return rsa_key()->public_record(); }
};

BOOST_DATA_TEST_CASE(sign_with_a_key_that_cannot_be_shown, signing_engines(), signer) {
  const auto plain = ordinary_letter();
  const auto letter = below_signatures(
      plain, signed_by(*signer.signer, plain,
                       {usual_request(std::make_shared<const HiddenKey>(), "sel"),
                        usual_request(rsa_key(), "sel")}));
  for (const auto& verifier : verifying_engines())
    BOOST_TEST(verdicts(verifier, letter) == "pass\npass");
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto word : split(text, ' '))
    if (!word.empty()) words.emplace_back(word);
  return words;
}

/// h= in lower case and in alphabetical order: each engine has an order of its own.
std::string signed_names_of(const RawHeader& field) {
  const auto tags = auth::TagList::parse(field.value).value();
  const auto list = to_lower(tags.value("h").value());
  auto names = auth::colon_list(list);
  std::string text;
  std::ranges::sort(names);
  for (const auto name : names) text += (text.empty() ? "" : ":") + std::string{name};
  return text;
}

BOOST_DATA_TEST_CASE(sign_by_cases,
                     read_cases("auth/dkim/signer.cases") * signing_engines(), c, signer) {
  std::vector<ports::SigningRequest> requests{usual_request(rsa_key(), "sel"),
                                              usual_request(ed25519_key(), "ed")};
  for (auto& request : requests) {
    request.oversigned = words_of(c.get("oversigned"));
    request.signed_if_there = words_of(c.get("signed"));
    request.expires_after = std::chrono::seconds{std::stol(c.get("expires", "0"))};
  }
  auto letter = plain_letter_of(c);
  const auto signing = signer.signer->begin(letter.headers, requests);
  signing->body(letter.body);
  const auto fields = signing->finish();
  const auto fault = c.get("want_fault_" + signer.name, c.get("want_fault"));
  BOOST_REQUIRE((fields ? "" : std::string{to_text(fields.fault())}) == fault);
  if (!fields) return;

  letter = below_signatures(letter, *fields);
  for (const auto& field : *fields) BOOST_TEST(signed_names_of(field) == c["want_h"]);
  change_on_the_way(c, letter);
  for (const auto& verifier : verifying_engines())
    BOOST_TEST(verdicts(verifier, letter) == want_of(c, verifier.name));
}

BOOST_DATA_TEST_CASE(sign_random_mail_in_random_chunks,
                     signing_engines() * verifying_engines(), signer, verifier) {
  std::mt19937 random{42};
  for (int round = 0; round < 40; ++round) {
    const Letter plain{random_headers(random), random_body(random)};
    const auto letter = signed_letter(*signer.signer, plain, 1 + random() % 50);
    const auto got = verdicts(verifier, letter);
    BOOST_TEST(got == "pass\npass", "round " << round << ": " << got);
  }
}

BOOST_DATA_TEST_CASE(what_is_changed_afterwards_fails, signing_engines(), signer) {
  const auto& verifier = verifying_engines().front();
  const auto letter = signed_letter(*signer.signer, ordinary_letter());
  const std::string body_fails =
      "fail: body hash did not verify\nfail: body hash did not verify";
  const std::string header_fails =
      "fail: signature did not verify\nfail: signature did not verify";

  Letter changed = letter;
  changed.body[3] = 'X';
  BOOST_TEST(verdicts(verifier, changed) == body_fails);

  for (const auto* name : {"From", "To", "Subject", "Date", "Message-ID"}) {
    changed = letter;
    for (auto& header : changed.headers)
      if (header.is(name)) header.value += "x";
    BOOST_TEST(verdicts(verifier, changed) == header_fails);
  }
  // Oversigned: a second one, and a first one where there was none.
  for (const auto* name : {"From", "Subject", "Cc"}) {
    changed = letter;
    changed.headers.insert(changed.headers.begin(), {name, " new@example.com"});
    BOOST_TEST(verdicts(verifier, changed) == header_fails);
  }
  changed = letter;
  changed.headers.insert(changed.headers.begin(), {"X-Spam", " no"});
  BOOST_TEST(verdicts(verifier, changed) == "pass\npass");
}

BOOST_DATA_TEST_CASE(fold_below_78_columns_and_begin_with_a_space, signing_engines(),
                     signer) {
  const auto letter = signed_letter(*signer.signer, ordinary_letter());
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& field = letter.headers[i];
    BOOST_TEST(field.name == "DKIM-Signature");
    BOOST_TEST(field.value.starts_with(" v=1; "));
    const auto text = field.name + ":" + field.value;
    for (const auto line : split(text, '\n')) {
      std::size_t columns = 0;
      for (const char c : line) columns = c == '\t' ? columns + 8 : columns + (c != '\r');
      BOOST_TEST(columns < 78U, line);
    }
  }
}

BOOST_DATA_TEST_CASE(t_and_x_say_what_the_request_says, signing_engines(), signer) {
  auto request = usual_request(rsa_key(), "sel");
  request.signed_at = WallTime{std::chrono::seconds{1790000000}};
  request.expires_after = std::chrono::hours{24};
  const auto value = signed_by(*signer.signer, ordinary_letter(), {request}).at(0).value;
  BOOST_TEST(value.find("t=1790000000;") != std::string::npos);
  BOOST_TEST(value.find("x=1790086400;") != std::string::npos);
}

BOOST_DATA_TEST_CASE(list_fields_are_signed_when_they_are_there, signing_engines(),
                     signer) {
  Letter letter = ordinary_letter();
  letter.headers.push_back({"List-Id", " <list.example.com>"});
  letter = signed_letter(*signer.signer, letter);
  letter.headers.back().value = " <other.example.com>";
  BOOST_TEST(verdicts(verifying_engines().front(), letter) ==
             "fail: signature did not verify\nfail: signature did not verify");
}

BOOST_DATA_TEST_CASE(mail_without_one_author_is_not_signed, signing_engines(), signer) {
  const auto fault_of = [&](const Letter& letter) {
    const auto signing =
        signer.signer->begin(letter.headers, {usual_request(rsa_key(), "sel")});
    signing->body(letter.body);
    const auto fields = signing->finish();
    return fields ? std::string{"signed"} : std::string{to_text(fields.fault())};
  };
  Letter letter = ordinary_letter();
  letter.headers.push_back({"from", " Ann <ann@example.com>"});
  BOOST_TEST(fault_of(letter) == "message with several From fields");
  std::erase_if(letter.headers, [](const RawHeader& header) { return header.is("From"); });
  BOOST_TEST(fault_of(letter) == "message without From");
}

BOOST_DATA_TEST_CASE(an_empty_body_is_signed, signing_engines() * verifying_engines(),
                     signer, verifier) {
  Letter letter = ordinary_letter();
  letter.body.clear();
  BOOST_TEST(verdicts(verifier, signed_letter(*signer.signer, letter)) == "pass\npass");
}

// A verifier that shares no line with ours, nor with libopendkim.
BOOST_DATA_TEST_CASE(dkimpy_agrees, signing_engines(), signer) {
  std::string pattern = std::filesystem::temp_directory_path() / "milterward-dkimpy-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const std::filesystem::path directory = pattern;
  std::mt19937 random{7};
  for (int round = 0; round < 25; ++round) {
    const Letter plain{random_headers(random), random_body(random)};
    const auto letter = signed_letter(*signer.signer, plain);
    std::ofstream out{directory / (std::to_string(round) + ".eml"), std::ios::binary};
    for (const auto& header : letter.headers)
      out << header.name << ":" << auth::with_crlf_folds(header.value) << "\r\n";
    out << "\r\n" << letter.body;
  }
  std::ofstream{directory / "zone"} << usual_zone();
  const std::string command = "/usr/bin/python3 " MILTERWARD_SOURCE_DIR
                              "/tests/policy/backends/dkim_peer.py " +
                              directory.string();
  BOOST_TEST(std::system(command.c_str()) == 0);
  std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
