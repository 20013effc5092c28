// SPDX-License-Identifier: Apache-2.0
// Which sender (warmup.h) sent a message to a recipient? Notices of failure and complaints
// are believed only about mail that stands here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/ports/counters.h"
#include "policy/rules/facts.h"

namespace milterward {

/// A number that stands for a sender, between 1 and 2^40: a counter keeps it as its amount.
std::uint64_t sender_number(rules::QuotaScope scope, std::string_view subject);

/// Notices come within days.
ports::CountingWindow window_of_sent_mail();

/// Sender and recipient are "" for the message as a whole, as a complaint names it.
std::string sent_mark(rules::QuotaScope scope, std::string_view mail_from,
                      std::string_view message_id, std::string_view recipient);
/// One notice or complaint about it counts.
std::string once_mark(std::string_view kind, const std::string& sent_mark);
std::string bounced_messages_counter(std::uint64_t sender_number);

std::string bounced_counter(std::uint64_t sender_number);
std::string complained_counter(std::uint64_t sender_number);

}  // namespace milterward
