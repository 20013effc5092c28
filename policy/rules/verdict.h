// SPDX-License-Identifier: Apache-2.0
// What to do: an action, the rule that decided, the reply, the header edits.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/base/reply.h"

namespace milterward::rules {

/// A change of the message's header. Edits are listed in the order they are to be carried
/// out: removals from the last occurrence to the first, then the others. No name occurs
/// both among changes and among the others.
struct HeaderEdit {
  enum class Kind {
    insert_on_top,  // above all fields that are there, the MTA's own Received included
    remove,         // the occurrence-th field of that name, counted from 1 as received
    change,         // its value
  };
  Kind kind = Kind::insert_on_top;
  std::string name;
  std::string value;        // the new one; leading space included, folds as CRLF + WSP
  unsigned occurrence = 0;  // to remove or to change

  bool operator==(const HeaderEdit&) const = default;
};

/// Mail that goes to a mailbox instead of some of its recipients.
struct Redirection {
  std::string mailbox;
  std::string policy;                   // of those recipients (audience.h)
  std::vector<std::string> recipients;  // as RCPT spelled them; at end of message only

  bool operator==(const Redirection&) const = default;
};

struct Verdict {
  Action action = Action::accept;
  std::string rule;
  Reply reply;                    // with reject and defer
  std::vector<HeaderEdit> edits;  // at end of message only
  std::string hold_reason;        // quarantine by the MTA; "" for none
  std::vector<Redirection> redirections;
  std::string because;  // what else decided, in short; "" for nothing

  std::string subject_tag;  // with Action::subject

  static Verdict proceed(std::string rule) {
    return {Action::accept, std::move(rule), {}, {}, {}, {}, {}, {}};
  }
  static Verdict reject(std::string rule, Reply reply) {
    return {Action::reject, std::move(rule), std::move(reply), {}, {}, {}, {}, {}};
  }
  static Verdict defer(std::string rule, Reply reply) {
    return {Action::defer, std::move(rule), std::move(reply), {}, {}, {}, {}, {}};
  }
  bool refuses() const noexcept {
    return action == Action::reject || action == Action::defer;
  }

  bool operator==(const Verdict&) const = default;
};

/// "reject relay.denied 550 5.7.1 Relay access denied",
/// "redirect dmarc.quarantine to quarantine@example.org"
std::string to_text(const Verdict& verdict);

}  // namespace milterward::rules
