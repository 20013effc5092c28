// SPDX-License-Identifier: Apache-2.0
// Both DKIM verifiers by the same cases, the examples of the RFCs, and what is sent to
// hurt.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <future>
#include <random>

#include "policy/base/ascii.h"
#include "tests/policy/backends/dkim_case.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using ports::DkimResult;

std::string base16(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// Every line end complete: libopendkim (2.11) miscounts with others.
std::string with_whole_line_ends(std::string_view body) {
  std::string whole;
  for (const char c : body) {
    if (c == '\r') continue;
    if (c == '\n') whole += '\r';
    whole += c;
  }
  return whole;
}

/// The stanzas of several files.
std::vector<Case> all_cases(const std::vector<std::string>& names) {
  std::vector<Case> all;
  for (const auto& name : names) {
    const auto cases = read_cases("auth/dkim/" + name + ".cases");
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

/// {head} and {head_2} are header.b of the first and the second finding.
std::string with_heads(std::string want, const std::vector<ports::DkimFinding>& findings) {
  const std::array<std::string, 2> marks{"{head}", "{head_2}"};
  for (std::size_t i = 0; i < std::min(marks.size(), findings.size()); ++i) {
    auto head = findings[i].signature_head;
    if (head.find_first_of("/=") != std::string::npos) head = '"' + head + '"';
    if (const auto at = want.find(marks[i]); at != std::string::npos)
      want.replace(at, marks[i].size(), head);
  }
  return want;
}

BOOST_AUTO_TEST_SUITE(dkim_verifiers)

BOOST_DATA_TEST_CASE(verify_signatures,
                     all_cases({"verify", "tags", "canonicalization", "keys", "hashing",
                                "identity", "results"}) *
                         verifying_engines(),
                     c, engine) {
  const auto letter = letter_of(c);
  FakeResolver dns{zone_of(c)};
  const auto verifier = verifying_engine(engine.name, rule_of(c)).verifier;
  const auto findings = findings_of(*verifier, letter, dns, clock_of_letters());
  BOOST_TEST(brief(findings) == want_of(c, engine.name));
  if (c.has("want_authres"))
    BOOST_TEST(authres_of(findings) == with_heads(c["want_authres"], findings));
}

BOOST_DATA_TEST_CASE(verify_signatures_made_elsewhere,
                     all_cases({"examples", "sizes"}) * verifying_engines(), c, engine) {
  FakeResolver dns{c["dns"]};
  const auto letter = tests::letter_of(unescaped(c["message"]));
  BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, clock_of_letters())) ==
             want_of(c, engine.name));
}

BOOST_DATA_TEST_CASE(verify_whatever_the_chunks, verifying_engines(), engine) {
  std::mt19937 random{20260101};
  for (int round = 0; round < 60; ++round) {
    Letter letter = ordinary_letter();
    letter.body.clear();
    constexpr std::string_view octets = "ab \t\r\n\n\r.\xe4";
    for (auto length = random() % 40; length > 0; --length)
      letter.body +=
          random() % 3 == 0 ? "\r\n" : std::string(1, octets[random() % octets.size()]);
    const bool relaxed = round % 2 == 0;
    if (engine.name == "libopendkim") letter.body = with_whole_line_ends(letter.body);
    letter.headers.insert(
        letter.headers.begin(),
        crafted_signature(letter, std::string{"v=1; a=ed25519-sha256; c=relaxed/"} +
                                      (relaxed ? "relaxed" : "simple") +
                                      "; d=example.com; s=ed; h=from; bh={bh}; b={b}"));
    for (const std::size_t chunk : {1U, 2U, 3U, 7U, 65535U}) {
      FakeResolver dns{usual_zone()};
      const auto findings =
          findings_of(*engine.verifier, letter, dns, clock_of_letters(), chunk);
      BOOST_TEST(brief(findings) == "pass",
                 "body " << base16(letter.body) << " in chunks of " << chunk);
    }
  }
}

BOOST_DATA_TEST_CASE(a_finding_says_what_the_header_needs, verifying_engines(), engine) {
  Letter letter = ordinary_letter();
  letter.headers.insert(letter.headers.begin(),
                        crafted_signature(letter,
                                          "v=1; a=rsa-sha256; c=relaxed/relaxed; "
                                          "d=Example.COM; i=joe@mail.example.com; s=SEL; "
                                          "h=from; bh={bh}; b={b}"));
  FakeResolver dns{with_keys("sel._domainkey.example.com TXT v=DKIM1; t=y; p={rsa}")};
  const auto findings = findings_of(*engine.verifier, letter, dns, clock_of_letters());
  BOOST_REQUIRE(findings.size() == 1U);
  const auto& finding = findings.front();
  BOOST_TEST((finding.result == DkimResult::pass));
  BOOST_TEST(finding.domain == "example.com");
  BOOST_TEST(finding.identity == "joe@mail.example.com");
  BOOST_TEST(finding.selector == "sel");
  BOOST_TEST(finding.algorithm == "rsa-sha256");
  const auto& value = letter.headers.front().value;
  BOOST_TEST(finding.signature_head == value.substr(value.rfind("b=") + 2, 8));
  BOOST_TEST(finding.key_bits == 2048U);
  BOOST_TEST(finding.key_is_testing);
}

BOOST_DATA_TEST_CASE(a_refused_signature_is_still_named, verifying_engines(), engine) {
  Letter letter = ordinary_letter();
  letter.headers.insert(letter.headers.begin(),
                        {"DKIM-Signature",
                         " v=1; a=rsa-sha1; d=Example.com; s=old; i=@example.com; h=from; "
                         "bh=AAAA; b=QUJDREVG\n\tR0hJSktM"});
  FakeResolver dns;
  const auto finding = findings_of(*engine.verifier, letter, dns, clock_of_letters()).at(0);
  BOOST_TEST(finding.domain == "example.com");
  BOOST_TEST(finding.selector == "old");
  BOOST_TEST(finding.algorithm == "rsa-sha1");
  BOOST_TEST(finding.signature_head == "QUJDREVG");
  BOOST_TEST(dns.asked().empty());
}

BOOST_DATA_TEST_CASE(signatures_that_begin_alike_are_told_apart, verifying_engines(),
                     engine) {
  Letter letter = ordinary_letter();
  for (const std::string_view b : {"QUJDREVGR0hJSktN", "WFhYWFhYWFhYWFhY",
                                   "QUJDREVGR0hJSktM", "QUJD", "WFhYWFhYWFhYWFhY"})
    letter.headers.insert(
        letter.headers.begin(),
        {"DKIM-Signature", fmt::format(" v=1; a=rsa-sha1; d=example.com; s=old; h=from; "
                                       "bh=AAAA; b={}\n\t{}",
                                       b.substr(0, 2), b.substr(2))});
  FakeResolver dns;
  std::vector<std::string> heads;
  for (const auto& finding : findings_of(*engine.verifier, letter, dns, clock_of_letters()))
    heads.push_back(finding.signature_head);
  const std::vector<std::string> want{"WFhYWFhY", "QUJD", "QUJDREVGR0hJSktM", "WFhYWFhY",
                                      "QUJDREVGR0hJSktN"};
  BOOST_CHECK_EQUAL_COLLECTIONS(heads.begin(), heads.end(), want.begin(), want.end());
}

BOOST_DATA_TEST_CASE(keys_are_asked_for_before_the_body_comes, verifying_engines(),
                     engine) {
  Letter letter = ordinary_letter();
  letter.headers.insert(
      letter.headers.begin(),
      crafted_signature(letter,
                        "v=1; a=rsa-sha256; d=example.com; s=sel; h=from; "
                        "bh={bh}; b={b}"));
  FakeResolver dns{usual_zone()};
  const auto verification = engine.verifier->begin(letter.headers, dns, clock_of_letters());
  BOOST_REQUIRE(dns.asked().size() == 1U);
  BOOST_TEST(dns.asked().front().name == "sel._domainkey.example.com");
}

BOOST_DATA_TEST_CASE(ten_of_a_thousand_signatures_are_examined, verifying_engines(),
                     engine) {
  Letter letter = ordinary_letter();
  const auto signature =
      crafted_signature(letter,
                        "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; "
                        "s=ed; h=from; bh={bh}; b={b}");
  letter.headers.insert(letter.headers.begin(), 1000, signature);
  for (int i = 0; i < 1000; ++i) letter.headers.push_back({"X-Filler", " x"});
  FakeResolver dns{usual_zone()};
  const auto findings = findings_of(*engine.verifier, letter, dns, clock_of_letters());
  BOOST_REQUIRE(findings.size() == 11U);
  for (std::size_t i = 0; i < 10; ++i) BOOST_TEST((findings[i].result == DkimResult::pass));
  BOOST_TEST(brief({findings.back()}) == "policy: 990 more signatures not examined");
  BOOST_TEST(dns.asked().size() == 10U);
}

BOOST_DATA_TEST_CASE(an_h_of_4095_characters_is_read_and_a_longer_one_not,
                     verifying_engines(), engine) {
  for (const std::size_t length : {4095U, 4096U}) {
    std::string names = "from";
    while (names.size() + 3 <= length) names += ":x";
    names += std::string(length - names.size(), 'y');
    Letter letter = ordinary_letter();
    letter.headers.insert(
        letter.headers.begin(),
        crafted_signature(letter,
                          "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; "
                          "s=sel; bh={bh}; b={b}; h=" +
                              names));
    FakeResolver dns{usual_zone()};
    BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, clock_of_letters())) ==
               (length == 4095 ? "pass" : "neutral: h= too long"));
  }
}

// libopendkim 2.11 writes past its array of fields when an h= uses up all of them and names
// still more; without the guard this ends the process.
BOOST_DATA_TEST_CASE(an_h_that_uses_up_every_field_does_no_harm, verifying_engines(),
                     engine) {
  for (std::size_t more = 1; more < 1200; more += 77) {
    std::string names = "from:to:subject:date:message-id";
    for (std::size_t i = 0; i < more; ++i) names += ":to";
    Letter letter = ordinary_letter();
    letter.headers.insert(letter.headers.begin(),
                          crafted_signature(letter,
                                            "v=1; a=ed25519-sha256; c=relaxed/relaxed; "
                                            "d=example.com; s=ed; bh={bh}; b={b}; h=" +
                                                names));
    FakeResolver dns{usual_zone()};
    BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, clock_of_letters())) ==
               "pass");
  }
}

// Verifiers keep decoded keys; what DNS says now counts all the same.
BOOST_DATA_TEST_CASE(a_key_that_changes_is_seen_at_once, verifying_engines(), engine) {
  Letter letter = ordinary_letter();
  letter.headers.insert(
      letter.headers.begin(),
      crafted_signature(letter,
                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sel; "
                        "h=from; bh={bh}; b={b}"));
  const auto verdict_under = [&](const std::string& record) {
    FakeResolver dns{with_keys("sel._domainkey.example.com TXT " + record)};
    return brief(findings_of(*engine.verifier, letter, dns, FakeClock{}));
  };
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(verdict_under("v=DKIM1; p={rsa}") == "pass");
    BOOST_TEST(verdict_under("v=DKIM1; p={other}") == "fail: signature did not verify");
    BOOST_TEST(verdict_under("v=DKIM1; p=") == "permerror: key revoked");
    BOOST_TEST(verdict_under("v=DKIM1; s=other; p={rsa}") ==
               "permerror: key is not for mail");
  }
}

BOOST_DATA_TEST_CASE(threads_share_a_verifier, verifying_engines(), engine) {
  Letter letter = ordinary_letter();
  for (const auto* tags :
       {"v=1; a=rsa-sha256; d=example.com; s=sel; h=from; bh={bh}; b={b}",
        "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; "
        "h=from; bh={bh}; b={b}"})
    letter.headers.insert(letter.headers.begin(), crafted_signature(letter, tags));
  FakeResolver dns{usual_zone()};
  std::vector<std::future<std::string>> results;
  for (int thread = 0; thread < 4; ++thread)
    results.push_back(std::async(std::launch::async, [&] {
      std::string last;
      for (int round = 0; round < 20; ++round)
        last = brief(findings_of(*engine.verifier, letter, dns, clock_of_letters()));
      return last;
    }));
  for (auto& result : results) BOOST_TEST(result.get() == "pass\npass");
}

BOOST_DATA_TEST_CASE(a_message_without_from_harms_nobody, verifying_engines(), engine) {
  Letter letter = ordinary_letter();
  letter.headers.erase(letter.headers.begin());
  letter.headers.insert(
      letter.headers.begin(),
      crafted_signature(letter,
                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; "
                        "s=sel; h=from:to; bh={bh}; b={b}"));
  FakeResolver dns{usual_zone()};
  BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, clock_of_letters())) ==
             "pass");
}

BOOST_AUTO_TEST_CASE(what_libopendkim_cannot_be_fed_is_neutral) {
  const auto& engine = verifying_engines().at(1);
  Letter letter = ordinary_letter();
  letter.headers.push_back({"X-Long", " " + std::string(70'000, 'x')});
  letter.headers.insert(
      letter.headers.begin(),
      crafted_signature(letter,
                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; "
                        "s=sel; h=from:x-long; bh={bh}; b={b}"));
  FakeResolver dns{usual_zone()};
  BOOST_TEST(brief(findings_of(*engine.verifier, letter, dns, clock_of_letters())) ==
             "neutral: a signed field cannot be read by libopendkim");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
