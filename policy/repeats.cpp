// SPDX-License-Identifier: Apache-2.0
#include "policy/repeats.h"

#include <algorithm>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/counter_digest.h"
#include "policy/mail/login.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;

}  // namespace

ports::CountingWindow window_of_acquaintance() { return {24h * 30, 7, 0s}; }

std::string acquaintance(rules::QuotaScope scope, std::string_view subject,
                         std::string_view recipient) {
  return "knows:" +
         CounterDigest{}.add(to_text(scope)).add(subject).add(to_lower(recipient)).text();
}

ports::CountingWindow window_of_repeats() { return {24h, 6, 0s}; }

std::string message_id_of(const RawHeaders& headers) {
  const auto fields = fields_named(headers, "Message-ID");
  return fields.empty() ? "" : unfolded(fields.front()->value);
}

std::string free_pass(const std::string& mark) { return "again:" + mark; }

std::string message_mark(const rules::SenderFacts& sender, const RawHeaders& headers,
                         std::span<const std::string> recipients, std::size_t body_octets) {
  const RawHeader* message_id = nullptr;
  const RawHeader* date = nullptr;
  for (const auto& field : headers) {
    if (message_id == nullptr && field.is("Message-ID")) message_id = &field;
    if (date == nullptr && field.is("Date")) date = &field;
  }
  if (message_id == nullptr) return {};
  CounterDigest digest;
  // Without a login the client is all that tells senders apart.
  digest.add(login_key(sender.login, ""))
      .add(sender.login.empty() ? sender.client.text() : "")
      .add(sender.mail_from)
      .add(std::to_string(body_octets))
      .add(message_id->value)
      .add(date == nullptr ? "" : date->value);
  std::vector<std::string_view> sorted(recipients.begin(), recipients.end());
  std::ranges::sort(sorted);
  for (const auto& recipient : sorted) digest.add(recipient);
  return "message:" + digest.text();
}

}  // namespace milterward
