// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/failure_report.h"

#include <fmt/format.h>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/date_time.h"
#include "policy/reports/mail_head.h"
#include "policy/reports/redaction.h"

namespace milterward::reports {
namespace {

/// Records that are shown; an evaluation that needs more has failed.
constexpr std::size_t spf_text_limit = 11;
constexpr std::size_t spf_record_limit = 800;

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text, spf_record_limit)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// RFC 9991 section 4.
std::string_view alignment_of(const FailureIncident& incident) noexcept {
  if (incident.dkim_failed && incident.spf_failed) return "dkim, spf";
  if (incident.dkim_failed) return "dkim";
  return incident.spf_failed ? "spf" : "none";
}

std::string boundary_of(const std::string& report_id) { return "=_" + report_id; }

}  // namespace

std::string to_text(const FailureIncident& incident) {
  return fmt::format("failure\t{}\t{}\t{}\t{}\t{}\t{}\t{}", to_text(incident.failure),
                     alignment_of(incident), to_text(incident.delivery), incident.source_ip,
                     incident.reported_domain, incident.envelope_domain, incident.results);
}

std::string example_of(const FailureIncident& incident, const FailedMessage& message) {
  std::string text;
  const auto field = [&](std::string_view name, std::string_view value) {
    text += field_lines(name, value);
  };
  field("Feedback-Type", "auth-failure");
  field("User-Agent", "Milterward/" MILTERWARD_VERSION);
  field("Version", "1");
  field("Auth-Failure", to_text(incident.failure));
  field("Identity-Alignment", alignment_of(incident));
  field("Delivery-Result", to_text(incident.delivery));
  field("Authentication-Results", message.authres);
  field("Original-Mail-From", fmt::format("<{}>", message.mail_from));
  field("Arrival-Date", date_time_of(message.arrival));
  field("Source-IP", incident.source_ip);
  field("Reported-Domain", incident.reported_domain);
  field("Reporting-MTA", fmt::format("dns; {}", message.authserv_id));
  if (const auto& signature = message.signature) {
    field("DKIM-Domain", signature->domain);
    field("DKIM-Identity", signature->identity.empty()
                               ? fmt::format("@{}", signature->domain)
                               : signature->identity);
    field("DKIM-Selector", signature->selector);
  }
  for (std::size_t i = 0; i < message.spf.size() && i < spf_text_limit; ++i)
    field("SPF-DNS",
          fmt::format("txt : {} : {}", message.spf[i].domain, quoted(message.spf[i].text)));
  return text.append("\r\n").append(message.header);
}

std::string failure_parts(const FailureParts& parts) {
  constexpr std::string_view empty_line = "\r\n\r\n";
  const auto end = parts.example.find(empty_line);
  const auto fields = parts.example.substr(0, end);
  const auto header =
      end == std::string::npos ? "" : parts.example.substr(end + empty_line.size());
  const auto boundary = boundary_of(parts.report_id);
  return fmt::format(
      "--{0}\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "This is a DMARC failure report (RFC 9991) about mail in the name of\r\n"
      "{1}\r\n"
      "that came to {2}.\r\n"
      "It was asked for by ruf= in the DMARC record of that domain, and stands for\r\n"
      "{3} of the same kind. What names people was taken out.\r\n"
      "--{0}\r\n"
      "Content-Type: message/feedback-report\r\n"
      "\r\n"
      "{4}\r\n"
      "{5}"
      "\r\n"
      "--{0}\r\n"
      "Content-Type: text/rfc822-headers\r\n"
      "\r\n"
      "{6}"
      "\r\n"
      "--{0}--\r\n",
      boundary, parts.domain, parts.receiver,
      parts.messages == 1 ? "1 message" : fmt::format("{} messages", parts.messages),
      fields, parts.messages > 1 ? fmt::format("Incidents: {}\r\n", parts.messages) : "",
      header);
}

std::string mail_text(const FailureMail& mail) {
  return head_text({mail.from, mail.receiver, mail.to,
                    fmt::format("DMARC failure report about {}\r\n from {}", mail.domain,
                                mail.receiver),
                    mail.message_id, mail.made_at,
                    fmt::format("multipart/report; report-type=feedback-report;\r\n "
                                "boundary=\"{}\"",
                                boundary_of(mail.report_id))}) +
         mail.parts;
}

std::string_view to_text(DeliveryResult result) noexcept {
  switch (result) {
    case DeliveryResult::delivered:
      return "delivered";
    case DeliveryResult::policy:
      return "policy";
    case DeliveryResult::reject:
      return "reject";
  }
  unreachable();
}

}  // namespace milterward::reports
