// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/replies.h"

#include <fmt/format.h>

#include "milter/front/protocol.h"
#include "policy/base/unreachable.h"

namespace milterward::front {
namespace {

namespace answers = protocol::answers;

void append_text(std::string& data, std::string_view text) {
  data += text;
  data += '\0';
}

/// Adding and inserting, removing and changing have the same form: a number, name, value.
void append_field(std::string& out, char answer, std::uint32_t number,
                  std::string_view name, std::string_view value) {
  const auto size = 1 + sizeof number + name.size() + 1 + value.size() + 1;
  append_number(out, static_cast<std::uint32_t>(size));
  out += answer;
  append_number(out, number);
  append_text(out, name);
  append_text(out, value);
}

void append_edit(std::string& out, const rules::HeaderEdit& edit,
                 LeadingSpace leading_space) {
  using Kind = rules::HeaderEdit::Kind;
  switch (edit.kind) {
    case Kind::remove:
      return append_field(out, answers::change_header, edit.occurrence, edit.name, "");
    case Kind::change:
      return append_field(out, answers::change_header, edit.occurrence, edit.name,
                          wire_value(edit.value, leading_space));
    case Kind::insert_on_top:
      // Index 0 lands above the MTA's own Received in Postfix, on top in Sendmail; others
      // differ between them.
      return append_field(out, answers::insert_header, 0, edit.name,
                          wire_value(edit.value, leading_space));
  }
  unreachable();
}

void append_text_packet(std::string& out, char answer, std::string_view text) {
  std::string data;
  append_text(data, text);
  append_packet(out, answer, data);
}

void append_reply(std::string& out, const rules::Verdict& verdict) {
  const auto reply = wire_reply(verdict);
  append_text_packet(out, answers::reply,
                     fmt::format("{} {} {}", reply.code, reply.status, reply.text));
}

}  // namespace

void append_number(std::string& data, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    data += static_cast<char>(number >> shift & 0xff);
}

void append_packet(std::string& out, char answer, std::string_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size() + 1));
  out += answer;
  out += data;
}

void append_agreement(std::string& out, std::uint32_t version, const Agreement& agreement) {
  std::string data;
  append_number(data, version);
  append_number(data, static_cast<std::uint32_t>(agreement.actions));
  append_number(data, static_cast<std::uint32_t>(agreement.steps));
  if (agreement.may_name_macros) {
    static const auto requests = macro_requests();
    for (const auto& request : requests) {
      append_number(data, request.stage);
      append_text(data, request.names);
    }
  }
  append_packet(out, protocol::commands::negotiate, data);
}

void append_reaction(std::string& out, const rules::Verdict& verdict) {
  switch (reaction_to(verdict)) {
    case Reaction::proceed:
      append_packet(out, answers::proceed);
      return;
    case Reaction::reject:
    case Reaction::defer:
      append_reply(out, verdict);
      return;
  }
  unreachable();
}

bool append_changes(std::string& out, const rules::Verdict& verdict,
                    const Agreement& agreement) {
  if (!verdict.redirections.empty() && !agreement.may_redirect) return false;
  if (!verdict.hold_reason.empty() && !agreement.may_quarantine) return false;
  for (const auto& edit : verdict.edits) append_edit(out, edit, agreement.leading_space);
  const auto changes = recipient_changes(verdict);
  for (const auto& address : changes.removed)
    append_text_packet(out, answers::remove_recipient, address);
  for (const auto& address : changes.added)
    append_text_packet(out, answers::add_recipient, address);
  if (!verdict.hold_reason.empty())
    append_text_packet(out, answers::quarantine, wire_hold_reason(verdict.hold_reason));
  return true;
}

}  // namespace milterward::front
