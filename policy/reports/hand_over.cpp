// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/hand_over.h"

#include <fmt/format.h>

#include "policy/base/ascii.h"

namespace milterward::reports {
namespace {

using Outcome = HandOver::Outcome;
using ports::ReportPoint;
using ports::SmtpReply;
using ports::SmtpResult;

constexpr std::size_t reason_limit = 300;

std::string told(const SmtpReply& reply) {
  return printable(fmt::format("{} {}", reply.code, reply.text), reason_limit);
}

bool is_for_good(const SmtpReply& reply) noexcept {
  return reply.code >= 500 && reply.code < 600;
}

/// What stands in the way before any recipient is named is nobody's but ours.
HandOver not_now(const SmtpResult& result, std::string_view step) {
  return {Outcome::not_now,
          fmt::format("{}: {}", step,
                      result ? told(*result) : std::string{to_text(result.fault())}),
          {},
          {}};
}

/// Whatever is said to that changes nothing.
void leave(ports::SmtpConnection& smtp) { static_cast<void>(smtp.say("QUIT")); }

/// A line that begins with a dot gets another one. RFC 5321 section 4.5.2.
std::string stuffed(std::string_view mail) {
  std::string text;
  text.reserve(mail.size() + 16);
  bool begins = true;
  for (const char c : mail) {
    if (begins && c == '.') text += '.';
    text += c;
    begins = c == '\n';
  }
  return text;
}

/// The text without its end is no mail yet.
SmtpResult said(ports::SmtpConnection& smtp, const std::string& text,
                const ports::AtReportPoint& at) {
  if (const auto fault = smtp.send(text)) return Unexpected{*fault};
  pass(at, ReportPoint::after_text);
  if (const auto fault = smtp.send(".\r\n")) return Unexpected{*fault};
  pass(at, ReportPoint::after_dot);
  return smtp.hear();
}

}  // namespace

HandOver hand_over(ports::SmtpServer& server, const Envelope& envelope,
                   std::string_view mail, const ports::AtReportPoint& at) {
  const auto connection = server.connect();
  if (!connection)
    return {Outcome::not_now,
            fmt::format("the mail server: {}", to_text(connection.fault())),
            {},
            {}};
  auto& smtp = **connection;
  if (!smtp.greeting().is_positive()) return not_now(smtp.greeting(), "greeting");
  pass(at, ReportPoint::after_connection);
  for (const auto& line : {fmt::format("EHLO {}", envelope.helo),
                           fmt::format("MAIL FROM:<{}>", envelope.from)})
    if (const auto reply = smtp.say(line); !reply || !reply->is_positive())
      return not_now(reply, line.substr(0, 4));
  pass(at, ReportPoint::after_sender);

  HandOver handed;
  bool may_wait = false;
  for (const auto& recipient : envelope.to) {
    const auto reply = smtp.say(fmt::format("RCPT TO:<{}>", recipient));
    if (!reply) return not_now(reply, "RCPT");
    if (reply->is_positive()) {
      handed.taken.push_back(recipient);
      continue;
    }
    if (is_for_good(*reply))
      handed.unreachable.push_back(recipient);
    else
      may_wait = true;
    handed.reason = fmt::format("RCPT: {}", told(*reply));
  }
  if (handed.taken.empty()) {
    leave(smtp);
    handed.outcome = may_wait ? Outcome::not_now : Outcome::unreachable;
    return handed;
  }
  pass(at, ReportPoint::after_recipients);
  if (const auto reply = smtp.say("DATA"); !reply || reply->code != 354)
    return not_now(reply, "DATA");
  pass(at, ReportPoint::after_data);
  const auto reply = said(smtp, stuffed(mail), at);
  pass(at, ReportPoint::after_hand_over);
  if (reply && reply->is_positive()) {
    leave(smtp);
    handed.outcome = Outcome::taken;
    return handed;
  }
  if (reply && is_for_good(*reply))
    return {Outcome::refused, fmt::format("end of DATA: {}", told(*reply)), {}, {}};
  return not_now(reply, "end of DATA");
}

}  // namespace milterward::reports
