// SPDX-License-Identifier: Apache-2.0
// Whole checks over zones of any content, in the form of the unit tests' cases: bounded in
// questions, the same asked early or one after the other, the same with both engines.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "policy/auth/spf/limits.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/backends/spf2_checker.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace {

using namespace milterward;

constexpr std::size_t case_limit = 4;
// The domain, ten terms with ten names each, the client's name and ten behind it, exp.
constexpr std::size_t question_limit = 1 + 10 * 11 + 11 + 1;

void add_zone(tests::FakeResolver& dns, std::string_view zone) {
  for (const auto line : split(zone, '\n')) {
    try {
      dns.add(line);
    } catch (const std::exception&) {  // a line that is no record, or has a bad address
    }
  }
}

ports::SpfFinding check(const ports::SpfChecker& checker, const tests::Case& c,
                        std::string_view zone) {
  tests::FakeResolver dns;
  add_zone(dns, zone);
  const auto sender = c.get("sender", "joe@example.org");
  const auto at = sender.rfind('@');
  ports::SpfQuery query;
  query.client = IpAddress::parse(c.get("client")).value_or(IpAddress::v4({192, 0, 2, 1}));
  query.helo = c.get("helo", "mail.example.org");
  query.sender_local = at == std::string::npos ? "" : sender.substr(0, at);
  query.sender_domain = at == std::string::npos ? sender : sender.substr(at + 1);
  auto finding = checker.check(
      query, dns, Deadline::after(tests::FakeClock{}, std::chrono::seconds{20}));
  if (dns.asked().size() > question_limit) std::abort();
  if (finding.explanation.size() > auth::spf_explanation_limit) std::abort();
  for (const auto* text : {&finding.explanation, &finding.reason, &finding.mechanism})
    for (const char octet : *text)
      if (octet < 0x20 || octet > 0x7e) std::abort();
  return finding;
}

void try_case(const tests::Case& c) {
  static const auth::NativeSpfChecker early;
  static const auth::NativeSpfChecker serial{
      auth::SpfHost{.prefetch = auth::SpfPrefetch::off}};
  static const auto spf2 = backends::Spf2Checker::load();
  const auto zone = c.get("zone");
  const auto finding = check(early, c, zone);
  if (check(serial, c, zone) != finding) std::abort();
  if (spf2 && check(**spf2, c, zone) != finding) std::abort();
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto cases = tests::parse_cases(text, "fuzz");
  for (std::size_t i = 0; i < cases.size() && i < case_limit; ++i) try_case(cases[i]);
  return 0;
}
