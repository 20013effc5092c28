// SPDX-License-Identifier: Apache-2.0
// A verdict as a mail server can be told it. Postfix and Sendmail mangle replies in ways of
// their own; what leaves here survives both: `%` doubled (either MTA eats a single one, or
// drops the whole reply), ASCII only, code and status of the class the action means, never
// an empty text (Sendmail then sends rubbish).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rules/verdict.h"

namespace milterward::front {

enum class Reaction { proceed, reject, defer };

/// An SMTP reply, ready for the wire.
struct WireReply {
  std::string code;    // "550"
  std::string status;  // "5.7.1"
  std::string text;    // one line
  bool operator==(const WireReply&) const = default;
};

/// Longer texts are cut: RFC 5321 section 4.5.3.1.5 gives a reply line 512 octets, and
/// Sendmail puts the address before it.
inline constexpr std::size_t longest_reply_text = 400;

Reaction reaction_to(const rules::Verdict& verdict) noexcept;

/// The reply of a verdict that refuses. A code or status of another class than the action
/// is replaced by 550 5.7.1 or 451 4.7.1.
WireReply wire_reply(const rules::Verdict& verdict);

/// The blank behind a field's colon: part of the value (SMFIP_HDR_LEADSPC), or put there by
/// the MTA, which older protocols do.
enum class LeadingSpace { in_value, from_mta };

/// A value for insertion: folds as LF, as libmilter wants them.
std::string wire_value(std::string_view value, LeadingSpace leading_space);

/// Recipients to remove and to add, in brackets, for all redirections of a message. Every
/// removal comes before any addition: where the MTA takes a recipient and a mailbox for the
/// same (an alias, another spelling, the mailbox of another recipient's policy), a removal
/// that came later would take both. Neither Postfix nor Sendmail delivers in between.
struct RecipientChanges {
  std::vector<std::string> removed;
  std::vector<std::string> added;  // each once
};
RecipientChanges recipient_changes(const rules::Verdict& verdict);

/// The reason of a quarantine: one line of printable ASCII, not empty.
std::string wire_hold_reason(std::string_view reason);

}  // namespace milterward::front
