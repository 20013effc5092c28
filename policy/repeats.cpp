// SPDX-License-Identifier: Apache-2.0
#include "policy/repeats.h"

#include <algorithm>
#include <array>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/counter_digest.h"
#include "policy/mail/login.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;

/// What no hop changes of a message on its way back to us.
constexpr auto lasting_fields = std::to_array<std::string_view>(
    {"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID"});

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
  const auto has_id = [](const RawHeader& field) { return field.is("Message-ID"); };
  if (std::ranges::none_of(headers, has_id)) return {};
  CounterDigest digest;
  // Without a login the client is all that tells senders apart.
  digest.add(login_key(sender.login, ""))
      .add(sender.login.empty() ? sender.client.text() : "")
      .add(sender.mail_from)
      .add(std::to_string(body_octets));
  for (const auto name : lasting_fields)
    for (const auto& field : headers)
      if (field.is(name)) digest.add(name).add(field.value);
  std::vector<std::string> sorted(recipients.begin(), recipients.end());
  std::ranges::sort(sorted);
  for (const auto& recipient : sorted) digest.add(recipient);
  return "message:" + digest.text();
}

}  // namespace milterward
