// SPDX-License-Identifier: Apache-2.0
#include "tests/support/spf_cases.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "policy/base/ascii.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {
namespace {

ports::SpfQuery query_of(const Case& c) {
  ports::SpfQuery query;
  query.client = IpAddress::parse(c["client"]).value();
  query.helo = c.get("helo", "mail.example.org");
  const auto sender = c["sender"];
  const auto at = sender.rfind('@');
  if (sender == "<>") {
    query.sender_local = "postmaster";
    query.sender_domain = query.helo;
  } else if (at == std::string::npos) {
    throw std::runtime_error("sender without @: " + sender);
  } else {
    query.sender_local = sender.substr(0, at);
    query.sender_domain = sender.substr(at + 1);
  }
  return query;
}

Deadline deadline() { return Deadline::after(FakeClock{}, std::chrono::seconds{20}); }

std::string asked_by(const ports::SpfFinding& finding) {
  std::string asked;
  for (const auto& step : finding.steps)
    asked += fmt::format("{}{} {}", asked.empty() ? "" : "\n", ports::to_text(step.type),
                         step.name);
  return asked;
}

}  // namespace

std::string with_repeats(std::string_view text) {
  std::string out;
  for (;;) {
    const auto begin = text.find("<<");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const auto end = text.find(">>", begin);
    const auto times = text.find(" x ", begin);
    if (end == std::string_view::npos || times == std::string_view::npos || times > end)
      throw std::runtime_error("bad repeat in: " + std::string{text});
    const auto count = std::stoi(std::string{text.substr(begin + 2, times - begin - 2)});
    const auto what = text.substr(times + 3, end - times - 3);
    for (int i = 0; i < count; ++i) out += what;
    text.remove_prefix(end + 2);
  }
}

std::size_t spf_questions(const Case& c, const ports::SpfChecker& checker) {
  FakeResolver dns{with_repeats(c.get("zone"))};
  static_cast<void>(checker.check(query_of(c), dns, deadline()));
  return dns.asked().size();
}

std::string spf_difference(const Case& c, const ports::SpfChecker& checker) {
  FakeResolver dns{with_repeats(c.get("zone"))};
  const auto finding = checker.check(query_of(c), dns, deadline());
  const auto differs = [](std::string_view what, std::string_view want,
                          std::string_view got) {
    return fmt::format("{}: want '{}', got '{}'", what, want, got);
  };
  if (ports::to_text(finding.result) != c["want"])
    return differs("result", c["want"], ports::to_text(finding.result)) + ", " +
           finding.reason;
  if (c.has("mechanism") && finding.mechanism != c["mechanism"])
    return differs("mechanism", c["mechanism"], finding.mechanism);
  if (finding.reason.find(c.get("reason")) == std::string::npos)
    return differs("reason", c["reason"], finding.reason);
  if (c.has("explanation") && finding.explanation != with_repeats(c["explanation"]))
    return differs("explanation", c["explanation"], finding.explanation);
  if (c.has("domain") && finding.domain != c["domain"])
    return differs("domain", c["domain"], finding.domain);
  if (c.has("asked") && asked_by(finding) != c["asked"])
    return differs("asked", c["asked"], asked_by(finding));
  if (c.has("questions") && dns.asked().size() > std::stoul(c["questions"]))
    return differs("questions", c["questions"], std::to_string(dns.asked().size()));
  return {};
}

}  // namespace milterward::tests
