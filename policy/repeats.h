// SPDX-License-Identifier: Apache-2.0
// Has this been here before: this message, this recipient of this sender? Names of the
// counters that remember it. A name is made of a digest: who writes to whom stands in no
// store, and names stay short.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "policy/mail/header.h"
#include "policy/ports/counters.h"
#include "policy/rules/facts.h"

namespace milterward {

/// A recipient is new to a sender who has not written to it for so long (up to a sixth
/// more).
ports::CountingWindow window_of_acquaintance();
/// Letter case of a recipient makes no difference.
std::string acquaintance(rules::QuotaScope scope, std::string_view subject,
                         std::string_view recipient);

/// As long as mail servers try (RFC 5321 section 4.5.4.1), up to a fifth more.
ports::CountingWindow window_of_repeats();
/// Those beyond count like any other message: one message must not be a bomb.
inline constexpr std::uint64_t free_repeats = 5;
/// The counter of those, of the message with this mark.
std::string free_pass(const std::string& mark);
/// The topmost Message-ID with its brackets, "" for none.
std::string message_id_of(const RawHeaders& headers);

/// Of the same sender to the same recipients, the message with this Message-ID, Date and
/// size: another one that says it is the same passes for a repeat, a few times. "" without
/// a Message-ID (RFC 5322 section 3.6.4).
std::string message_mark(const rules::SenderFacts& sender, const RawHeaders& headers,
                         std::span<const std::string> recipients, std::size_t body_octets);

}  // namespace milterward
