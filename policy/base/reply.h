// SPDX-License-Identifier: Apache-2.0
// What a verdict can lead to, and the SMTP reply that goes with it.
#pragma once

#include <string>
#include <string_view>

namespace milterward {

/// From the mildest to the strictest, so that the strictest of several is their maximum.
enum class Action {
  accept,
  tag,         // a header field names the action and the rule
  subject,     // and the subject begins with a tag
  quarantine,  // a header field, or held by the MTA
  redirect,    // to a mailbox of ours instead of the recipient
  defer,
  reject
};

constexpr std::string_view to_text(Action action) noexcept {
  switch (action) {
    case Action::accept:
      return "accept";
    case Action::tag:
      return "tag";
    case Action::subject:
      return "subject";
    case Action::quarantine:
      return "quarantine";
    case Action::redirect:
      return "redirect";
    case Action::defer:
      return "defer";
    case Action::reject:
      return "reject";
  }
  return "";
}

/// An SMTP reply: code, enhanced status code (RFC 3463) and one line of printable ASCII.
/// Code and status are of one class, the text is never empty.
struct Reply {
  int code = 0;  // 0: no reply of ours
  std::string status;
  std::string text;

  bool operator==(const Reply&) const = default;
};

/// "550 5.7.1 Relay access denied", or "" when there is no reply.
std::string to_text(const Reply& reply);

}  // namespace milterward
