// SPDX-License-Identifier: Apache-2.0
#include "policy/sent_mail.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/base/ascii.h"
#include "policy/counter_digest.h"
#include "policy/rules/quota_text.h"

namespace milterward {

using namespace std::chrono_literals;

std::uint64_t sender_number(rules::QuotaScope scope, std::string_view subject) {
  constexpr std::size_t digits = 10;  // 40 bits
  const auto hex =
      CounterDigest{}.add(to_text(scope)).add(subject).text().substr(0, digits);
  std::uint64_t number = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return number + 1;
}

ports::CountingWindow window_of_sent_mail() { return {24h, 8, 0s}; }

std::string sent_mark(rules::QuotaScope scope, std::string_view mail_from,
                      std::string_view message_id, std::string_view recipient) {
  return "sent:" + CounterDigest{}
                       .add(to_text(scope))
                       .add(to_lower(mail_from))
                       .add(message_id)
                       .add(to_lower(recipient))
                       .text();
}

std::string once_mark(std::string_view kind, const std::string& sent_mark) {
  return fmt::format("once:{}:{}", kind, sent_mark);
}

std::string bounced_counter(std::uint64_t sender_number) {
  return fmt::format("w:bounced:{:x}", sender_number);
}
std::string bounced_messages_counter(std::uint64_t sender_number) {
  return fmt::format("w:bounced_messages:{:x}", sender_number);
}
std::string complained_counter(std::uint64_t sender_number) {
  return fmt::format("w:complained:{:x}", sender_number);
}

}  // namespace milterward
