// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/report_mail.h"

#include <fmt/format.h>

#include <string_view>

#include "policy/auth/dkim/base64.h"
#include "policy/mail/date_time.h"
#include "policy/reports/gzip.h"
#include "policy/reports/mail_head.h"

namespace milterward::reports {
namespace {

/// RFC 2045 section 6.8.
constexpr std::size_t base64_line = 76;

std::string in_lines(std::string_view base64) {
  std::string text;
  for (; base64.size() > base64_line; base64.remove_prefix(base64_line))
    text.append(base64.substr(0, base64_line)).append("\r\n");
  return text.append(base64).append("\r\n");
}

std::string day_of(std::chrono::seconds time) { return date_time_of(WallTime{time}); }

}  // namespace

std::string file_name(const ReportMail& mail) {
  return fmt::format("{}!{}!{}!{}!{}.xml.gz", mail.receiver, mail.domain,
                     mail.begin.count(), mail.end.count() - 1, mail.report_id);
}

std::string mail_text(const ReportMail& mail) {
  const auto boundary = fmt::format("=_{}", mail.report_id);
  auto text =
      head_text({mail.from, mail.receiver, mail.to,
                 fmt::format("Report Domain: {}\r\n Submitter: {}\r\n Report-ID: <{}>",
                             mail.domain, mail.receiver, mail.report_id),
                 mail.message_id, mail.made_at,
                 fmt::format("multipart/mixed; boundary=\"{}\"", boundary)});
  const auto line = [&](const std::string& content) {
    text.append(content).append("\r\n");
  };
  line(fmt::format("--{}", boundary));
  line("Content-Type: text/plain; charset=us-ascii");
  line("");
  line(fmt::format(
      "This is a DMARC aggregate report (RFC 9990) about mail in the name of\r\n"
      "{}\r\nthat came to {}\r\nfrom {}\r\nuntil {}.",
      mail.domain, mail.receiver, day_of(mail.begin), day_of(mail.end)));
  line(fmt::format("--{}", boundary));
  const auto name = file_name(mail);
  line(fmt::format("Content-Type: application/gzip;\r\n name=\"{}\"", name));
  line("Content-Transfer-Encoding: base64");
  line(fmt::format("Content-Disposition: attachment;\r\n filename=\"{}\"", name));
  line("");
  text += in_lines(auth::encode_base64(gzip_of(mail.xml)));
  line(fmt::format("--{}--", boundary));
  return text;
}

}  // namespace milterward::reports
