// SPDX-License-Identifier: Apache-2.0
// What the log says of decisions: which fields, from which facts. The events themselves are
// declared in policy/base/events.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "policy/decide.h"
#include "policy/inbound_checks.h"
#include "policy/rules/facts.h"
#include "policy/steps.h"

namespace milterward {

class Message;

/// recipient.decided: a client, sender or recipient was refused before the message, or
/// would have been. `recipient` is "" for a refusal at MAIL.
void log_recipient(const Message& message, const rules::SenderFacts& facts,
                   const std::string& recipient, const Decision& decision);

/// identity.mismatch: `claimed` is somebody else's, or nobody's.
void log_mismatch(const Message& message, const rules::SenderFacts& facts,
                  const std::string& claimed, const Decision& decision);

/// recipient.refused_by_mta: the `count`-th of its connection.
void log_refused_by_mta(const Message& message, const rules::RecipientFacts& facts,
                        const Macros& macros, std::size_t count);

/// relay.doubtful: our list and the MTA disagree, or there is no list.
void log_doubtful(const std::string& id, const rules::RecipientFacts& facts,
                  const Macros& macros, std::string_view rule);

/// dnsbl.list_unusable, for lists that say nothing of a client, each now and then.
void log_faulty_lists(const rules::MessageFacts& facts, const Services& services);

/// What the log says of a message beyond its facts.
struct MessageRecord {
  const std::string& id;
  const std::string& queue_id;
  const rules::MessageFacts& facts;
  const Decision& decision;
  std::string signatures;  // "rsa1:home.test:rsa-sha256 ...", what we signed with
  std::string seal;        // "lists.home.test:s1", what we sealed as
  std::chrono::milliseconds latency;
};

/// message.decided
void log_message(const MessageRecord& record);

}  // namespace milterward
