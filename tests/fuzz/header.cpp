// SPDX-License-Identifier: Apache-2.0
// Any octets are a message of a stranger who proves out.test and nothing else. It gets a
// verdict whose edits an MTA can carry out, and no pass of DMARC while its From shows
// bank.test. The first octet chooses between a whole message and a From field.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/auth/spf/native_checker.h"
#include "policy/base/ascii.h"
#include "policy/connection.h"
#include "policy/explain.h"
#include "policy/mail/message_text.h"
#include "policy/mail/utf8.h"
#include "policy/rules/facts_text.h"
#include "policy/services.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_directory.h"
#include "tests/support/fake_resolver.h"

namespace {

using namespace milterward;

void require(bool promise) {
  if (!promise) std::abort();
}

struct NoMacros final : Macros {
  std::string_view value(std::string_view) const override { return {}; }
};

class LastFacts final : public ports::FactsLog {
 public:
  void append(std::string_view stanza) noexcept override { stanza_ = stanza; }
  rules::MessageFacts facts() const {
    const auto told = explain_facts(stanza_, tests::configuration()).value();
    return rules::parse_message_facts(told.back().facts).value();
  }

 private:
  std::string stanza_;
};

std::shared_ptr<const Services> services(std::shared_ptr<ports::FactsLog> log) {
  static const auto config = std::make_shared<const conf::Config>(tests::configuration());
  auto services = std::make_shared<Services>();
  services->config = config;
  services->clock = std::make_shared<tests::FakeClock>();
  services->directory = std::make_shared<tests::FakeDirectory>();
  services->dns = std::make_shared<tests::FakeResolver>(
      "out.test TXT v=spf1 ip4:203.0.113.9 -all\n"
      "_dmarc.out.test TXT v=DMARC1; p=reject\n"
      "_dmarc.bank.test TXT v=DMARC1; p=reject");
  services->spf = std::make_shared<const auth::NativeSpfChecker>();
  services->dkim_verifier = std::make_shared<const auth::NativeDkimVerifier>(
      services->config->dkim.body_length, services->published_keys);
  services->keys = std::make_shared<const sign::KeyRing>();
  services->trace_secret = {1};
  services->facts_log = std::move(log);
  services->authserv_id = "mx.home.test";
  return services;
}

/// Does a reader who knows nothing of grammar see an address of bank.test? Quotes and
/// encoded words make names, which may be anything.
bool plainly_shows_bank(const RawHeaders& headers) {
  constexpr std::string_view shown = "@bank.test";
  for (const auto* field : fields_named(headers, "From")) {
    const auto value = to_lower(field->value);
    if (value.find_first_of("\"\\") != std::string::npos ||
        value.find("=?") != std::string::npos)
      continue;
    for (auto at = value.find(shown); at != std::string::npos;
         at = value.find(shown, at + 1)) {
      const auto behind = std::string_view{value}.substr(at + shown.size());
      const char next = behind.empty() ? ' ' : behind.front();
      if (!is_alnum(next) && next != '-' && next != '_' && next != '.' && next > 0)
        return true;
    }
  }
  return false;
}

void check_inserted(const rules::HeaderEdit& edit) {
  require(edit.value.starts_with(' ') && is_valid_utf8(edit.value));
  for (const auto line : split(edit.value, '\n')) {
    require(line.data() == edit.value.data() || is_wsp(line.empty() ? 'x' : line[0]));
    require(edit.name.size() + line.size() < 999);
    require(std::ranges::all_of(
        line, [](char c) { return c == '\t' || c == '\r' || (c & 0x80) || c >= ' '; }));
  }
}

void check_edits(const RawHeaders& headers, const std::vector<rules::HeaderEdit>& edits) {
  using Kind = rules::HeaderEdit::Kind;
  std::map<std::string, unsigned> last_removed;
  bool removing = true;
  for (const auto& edit : edits) {
    require(edit.kind == Kind::insert_on_top ||
            (edit.occurrence >= 1 &&
             edit.occurrence <= fields_named(headers, edit.name).size()));
    if (edit.kind == Kind::insert_on_top) check_inserted(edit);
    if (edit.kind != Kind::remove) {
      removing = false;
      continue;
    }
    const auto [before, is_first] = last_removed.emplace(edit.name, edit.occurrence);
    require(removing && (is_first || edit.occurrence < before->second));
    before->second = edit.occurrence;
  }
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size == 0) return 0;
  std::string text{reinterpret_cast<const char*>(octets) + 1, size - 1};
  MessageText message;
  if (octets[0] % 2 == 0)
    message = parse_message(text);
  else
    message.headers = {{"From", " " + text}, {"Subject", " x"}};

  const auto log = std::make_shared<LastFacts>();
  const NoMacros none;
  Connection connection{services(log)};
  connection.connect({"mx.out.test", IpAddress::v4({203, 0, 113, 9}), 40000}, none);
  connection.helo("mx.out.test", none);
  connection.mail({"<x@out.test>", {"SMTPUTF8"}}, none);
  connection.rcpt({"<bob@home.test>", {}}, none);
  for (const auto& field : message.headers) connection.header(field.name, field.value);
  connection.end_of_headers(none);
  connection.body(message.body);
  const auto verdict = connection.end_of_message(none);

  check_edits(message.headers, verdict.edits);
  const auto facts = log->facts();
  if (facts.dmarc != auth::DmarcResult::pass) return 0;
  require(!plainly_shows_bank(message.headers));
  for (const auto& domain : facts.author_domains)
    require(domain == "out.test" || domain.ends_with(".out.test"));
  return 0;
}
