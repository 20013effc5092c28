// SPDX-License-Identifier: Apache-2.0
// Which way does a message go? Decided once, from who hands it in; checks for inbound mail
// never run on submissions, and mail that comes in is never signed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/rules/facts.h"

namespace milterward::rules {

enum class Direction {
  inbound,     // from a stranger or an upstream host of ours
  submission,  // from a login, a trusted network or a certificate
  local,       // not by SMTP: sendmail(1), pickup
};
std::string_view to_text(Direction direction) noexcept;

struct DirectionDecision {
  Direction direction = Direction::inbound;
  std::string_view rule;  // why, "direction.login"
  bool operator==(const DirectionDecision&) const = default;
};

/// From what is known at MAIL. An upstream host is inbound even if it authenticates; a
/// listener never grants anything.
DirectionDecision decide_direction(const SenderFacts& facts);

/// May this be a notice of the MTA itself, as Postfix shows them with
/// internal_mail_filter_classes? Were one refused, nobody would hear of mail that was not
/// delivered. Any program on this host may write the like; it has one recipient.
bool may_be_own_notice(const SenderFacts& facts, std::size_t recipients_before);
/// It is, as far as its content tells (RFC 3464).
bool is_own_notice(const MessageFacts& facts);

/// From what is known when the headers are complete: mail of ours that comes back goes the
/// way it first went, if a trusted host brings it.
DirectionDecision decide_direction(const MessageFacts& facts);

}  // namespace milterward::rules
