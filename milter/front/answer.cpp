// SPDX-License-Identifier: Apache-2.0
#include "milter/front/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::front {
namespace {

bool is_status_of(std::string_view status, char status_class) {
  const auto parts = split(status, '.');
  if (parts.size() != 3 || parts[0] != std::string_view{&status_class, 1}) return false;
  for (const auto part : parts) {
    if (part.empty() || part.size() > 3) return false;
    for (const char c : part) {
      if (!is_digit(c)) return false;
    }
  }
  return true;
}

std::string doubled_percents(std::string_view text) {
  std::string doubled;
  for (const char c : text) {
    if (c == '%') doubled += '%';
    doubled += c;
  }
  return doubled;
}

}  // namespace

Reaction reaction_to(const rules::Verdict& verdict) noexcept {
  switch (verdict.action) {
    case Action::accept:
    case Action::tag:
    case Action::subject:
    case Action::quarantine:
    case Action::redirect:
      return Reaction::proceed;
    case Action::defer:
      return Reaction::defer;
    case Action::reject:
      return Reaction::reject;
  }
  unreachable();
}

WireReply wire_reply(const rules::Verdict& verdict) {
  const bool rejects = reaction_to(verdict) == Reaction::reject;
  const char reply_class = rejects ? '5' : '4';
  const auto& reply = verdict.reply;
  const bool fits =
      reply.code / 100 == reply_class - '0' && is_status_of(reply.status, reply_class);
  auto text = printable(reply.text, longest_reply_text);
  if (trim(text).empty()) {
    text = rejects ? "Message refused" : "Please try again later";
  }
  return {fits      ? std::to_string(reply.code)
          : rejects ? "550"
                    : "451",
          fits      ? reply.status
          : rejects ? "5.7.1"
                    : "4.7.1",
          doubled_percents(text)};
}

std::string wire_value(std::string_view value, LeadingSpace leading_space) {
  if (leading_space == LeadingSpace::from_mta && value.starts_with(' ')) {
    value.remove_prefix(1);
  }
  std::string wire;
  wire.reserve(value.size());
  for (auto end = value.find("\r\n"); end != std::string_view::npos;
       end = value.find("\r\n")) {
    wire += value.substr(0, end);
    value.remove_prefix(end + 1);
  }
  wire += value;
  return wire;
}

RecipientChanges recipient_changes(const rules::Verdict& verdict) {
  RecipientChanges changes;
  for (const auto& redirection : verdict.redirections) {
    for (const auto& recipient : redirection.recipients)
      changes.removed.push_back(fmt::format("<{}>", recipient));
    auto mailbox = fmt::format("<{}>", redirection.mailbox);
    if (std::ranges::find(changes.added, mailbox) == changes.added.end())
      changes.added.push_back(std::move(mailbox));
  }
  return changes;
}

std::string wire_hold_reason(std::string_view reason) {
  auto text = printable(reason, longest_reply_text);
  return text.empty() ? "held by Milterward" : text;
}

}  // namespace milterward::front
