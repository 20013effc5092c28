// SPDX-License-Identifier: Apache-2.0
// Domains examined: the zones of doctor/*.cases, healthy, broken and silent.
#include "policy/doctor/domain.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <set>
#include <stdexcept>

#include "policy/base/ascii.h"
#include "policy/sign/private_key.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::doctor {
namespace {

using tests::Case;
using tests::FakeResolver;
using tests::read_cases;

// The Ed25519 key of RFC 8463 appendix A.
constexpr auto private_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

class OneKey final : public ports::KeySource {
 public:
  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> load(
      const std::string& name) const override {
    if (name == "unusable")
      return Unexpected{ports::KeyFault{"/keys/s1.pem: no such file"}};
    return sign::parse_private_key(private_key).value();
  }
};

/// "s1 home.test [subdomains] [unusable] [identity=@x]"
sign::KeyRing ring_of(const std::string& text) {
  if (text == "none") return {};
  const auto words = split(text, ' ');
  conf::SigningKey key{};
  key.selector = words.at(0);
  key.domain = Domain::parse(words.at(1)).value();
  key.file = "/keys/s1.pem";
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "subdomains") key.subdomains = true;
    if (words[i] == "unusable") key.file = "unusable";
    if (words[i].starts_with("identity=")) key.identity = words[i].substr(9);
  }
  return sign::KeyRing::load({key}, OneKey{});
}

conf::DnsList list_of(const std::string& text) {
  const auto words = split(text, ' ');
  conf::DnsList list{};
  list.zone = Domain::parse(words.at(0)).value();
  list.kind = conf::ListKind::block;
  list.codes = {*ReturnCodes::parse(words.size() > 1 ? words[1] : "127.*.*.*")};
  return list;
}

const Case& ground() {
  static const auto cases = read_cases("doctor/healthy.cases");
  return cases.front();
}

std::vector<std::string> all_of(const Case& c, std::string_view key) {
  auto values = c.has(key) ? c.all(key) : ground().all(key);
  if (values == std::vector<std::string>{"none"}) values.clear();
  return values;
}

/// The zone of the ground with what the case takes away and adds.
std::string zone_of(const Case& c) {
  std::string zone;
  const auto removed = c.all("without");
  for (const auto line : split(ground()["zone"], '\n')) {
    const bool goes = std::ranges::any_of(
        removed, [&](const std::string& begin) { return line.starts_with(begin + " "); });
    if (!goes) zone += fmt::format("{}\n", line);
  }
  if (removed.size() > 0 && zone.size() == ground()["zone"].size() + 1)
    throw std::runtime_error("nothing to take away");
  for (const auto& text : c.all("with")) zone += tests::unescaped(text) + "\n";
  return zone;
}

DomainReport examined(const Case& c, FakeResolver& dns) {
  const auto keys = ring_of(c.get("key", ground()["key"]));
  Patient patient;
  patient.domain = Domain::parse(c.get("domain", ground()["domain"])).value();
  for (const auto& ip : all_of(c, "ip"))
    patient.egress.push_back(IpAddress::parse(ip).value());
  patient.selectors = c.all("selector");
  patient.keys = &keys;
  for (const auto& list : all_of(c, "dnsbl")) patient.lists.push_back(list_of(list));
  return examine_domain(patient, dns, tests::FakeClock{}, std::chrono::seconds{5});
}

std::string brief(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings)
    text += fmt::format("{}{} {}", text.empty() ? "" : "\n",
                        to_text(finding.kind->severity), finding.kind->name);
  return text.empty() ? "healthy" : text;
}

std::string told(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings)
    text += fmt::format("{}: {}\n  {}\n", finding.kind->name, finding.what, finding.cure);
  return text;
}

std::string published(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings)
    for (const auto& record : finding.publish)
      text += (text.empty() ? "" : "\n") + zone_line(record);
  return text;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto* file :
       {"healthy", "exchanges", "spf", "dkim", "dmarc", "egress", "transport"})
    std::ranges::move(read_cases(fmt::format("doctor/{}.cases", file)),
                      std::back_inserter(cases));
  return cases;
}

BOOST_AUTO_TEST_SUITE(domains)

BOOST_DATA_TEST_CASE(finds, all_cases(), c) {
  FakeResolver dns{zone_of(c)};
  const auto findings = examined(c, dns).findings;
  BOOST_TEST(brief(findings) == c["want"], told(findings));
  if (c.has("publish")) BOOST_TEST(published(findings) == c["publish"]);
  if (c.has("says"))
    BOOST_TEST((told(findings).find(c["says"]) != std::string::npos), told(findings));
  for (const auto& finding : findings) {
    BOOST_TEST(!finding.what.empty());
    BOOST_TEST(!finding.kind->why.empty());
    BOOST_TEST((!finding.publish.empty() || !finding.cure.empty()),
               finding.kind->name << " names no way out");
  }
}

/// What is proposed for a broken zone is sound itself: publishing it leaves nothing of that
/// kind to find.
BOOST_DATA_TEST_CASE(what_is_published_cures, all_cases(), c) {
  FakeResolver dns{zone_of(c)};
  const auto report = examined(c, dns);
  if (c["want"].find('\n') != std::string::npos || report.findings.empty()) return;
  const auto& finding = report.findings.front();
  if (finding.publish.empty() || finding.kind->subject() == "mx") return;
  const auto broken = zone_of(c);
  std::string zone;
  for (const auto line : split(broken, '\n')) {
    const bool is_replaced =
        std::ranges::any_of(finding.publish, [&](const Record& record) {
          return record.type == ports::DnsType::txt &&
                 line.starts_with(record.name + " TXT ") &&
                 line.find("verification") == std::string_view::npos;
        });
    if (!is_replaced) zone += fmt::format("{}\n", line);
  }
  for (const auto& record : finding.publish)
    zone +=
        fmt::format("{} {} {}\n", record.name, ports::to_text(record.type), record.data);
  FakeResolver mended{zone};
  const auto after = examined(c, mended).findings;
  BOOST_TEST(std::ranges::count(after, finding.kind, &Finding::kind) == 0,
             zone << told(after));
}

/// Each question of a healthy domain in turn goes unanswered: then something could not be
/// checked, and nothing is called wrong.
BOOST_AUTO_TEST_CASE(silence_is_never_a_fault) {
  FakeResolver whole{zone_of(ground())};
  BOOST_TEST(brief(examined(ground(), whole).findings) == "healthy");
  std::set<std::string> names;
  for (const auto& question : whole.asked())
    names.insert(fmt::format("{} {}", question.name, ports::to_text(question.type)));
  BOOST_TEST(names.size() > 20U);
  for (const auto& name : names)
    for (const auto* fault : {"TIMEOUT", "SERVFAIL", "BOGUS"}) {
      if (name.ends_with("CNAME")) continue;
      FakeResolver broken{zone_of(ground()) + fmt::format("{} {}\n", name, fault)};
      const auto findings = examined(ground(), broken).findings;
      BOOST_TEST(count(findings, Severity::fault) == 0U, name << "\n" << told(findings));
    }
}

BOOST_AUTO_TEST_CASE(dns_that_is_down_altogether_leaves_everything_unknown) {
  std::string zone;
  FakeResolver whole{zone_of(ground())};
  examined(ground(), whole);
  for (const auto& question : whole.asked()) zone += question.name + " TIMEOUT\n";
  FakeResolver down{zone};
  const auto report = examined(ground(), down);
  BOOST_TEST(!report.is_healthy());
  BOOST_TEST(count(report.findings, Severity::fault) == 0U, told(report.findings));
  std::set<std::string_view> subjects;
  for (const auto& finding : report.findings) subjects.insert(finding.kind->subject());
  const std::set<std::string_view> want{"mx",  "spf",   "dkim",    "dmarc",
                                        "ptr", "dnsbl", "mta_sts", "tls_rpt"};
  BOOST_TEST((subjects == want), told(report.findings));
}

BOOST_AUTO_TEST_CASE(every_question_is_asked_once) {
  FakeResolver dns{zone_of(ground())};
  examined(ground(), dns);
  std::set<std::pair<std::string, ports::DnsType>> seen;
  for (const auto& question : dns.asked())
    BOOST_TEST(seen.emplace(to_lower(question.name), question.type).second, question.name);
}

BOOST_AUTO_TEST_CASE(a_long_text_is_printed_in_strings_that_dns_can_hold) {
  const Record record{"s._domainkey.home.test", ports::DnsType::txt,
                      "p=" + std::string(400, 'A')};
  BOOST_TEST(zone_line(record) ==
             "s._domainkey.home.test. IN TXT \"p=" + std::string(253, 'A') + "\" \"" +
                 std::string(147, 'A') + "\"");
  BOOST_TEST(zone_line({"a.test", ports::DnsType::txt, "a\"b\\c\x01"}) ==
             "a.test. IN TXT \"a\\\"b\\\\c\\001\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::doctor
