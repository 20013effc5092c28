// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/zone_resolver.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"

namespace milterward::tests {
namespace {

using ports::DnsType;

std::string text_of(const ports::DnsResult& result) {
  if (!result) return std::string{ports::to_text(result.fault())};
  const auto& answer = **result;
  std::string text{ports::to_text(answer.outcome)};
  const auto add = [&](const std::string& item) { text += fmt::format(" [{}]", item); };
  for (const auto& address : answer.addresses) add(address.text());
  for (const auto& mx : answer.exchanges) add(fmt::format("{} {}", mx.preference, mx.host));
  for (const auto& name : answer.names) add(name);
  for (const auto& record : answer.texts) add(record);
  return text;
}

DnsType type_of(std::string_view word) {
  for (const auto type : {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ns, DnsType::ptr,
                          DnsType::txt, DnsType::cname})
    if (word == ports::to_text(type)) return type;
  throw std::runtime_error("no type: " + std::string{word});
}

std::string told(const std::string& zone, const std::string& question) {
  const auto resolver = backends::ZoneResolver::parse(zone);
  if (!resolver)
    return fmt::format("line {}: {}", resolver.fault().line, resolver.fault().reason);
  const auto words = split(question, ' ');
  return text_of((*resolver)->look_up({std::string{words.at(0)}, type_of(words.at(1))},
                                      Deadline::after(FakeClock{}, {})));
}

BOOST_DATA_TEST_CASE(zone_answers, read_cases("backends/zone.cases"), c) {
  BOOST_TEST(told(c["zone"], c["ask"]) == c["want"]);
}

}  // namespace
}  // namespace milterward::tests
