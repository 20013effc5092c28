// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/starttls.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/doctor/examination.h"

namespace milterward::doctor {
namespace {

constexpr Kind not_known{"tls.unanswered", Severity::unknown,
                         "Whether mail to the domain can be encrypted is not known."};
constexpr Kind not_offered{
    "tls.not_offered", Severity::fault,
    "Mail to the domain comes in the clear, and senders who insist on "
    "encryption do not deliver at all."};
constexpr Kind refused{
    "tls.refused", Severity::fault,
    "The server offers what it then refuses: careful senders give up, others "
    "send in the clear."};

bool offers_tls(const ports::SmtpReply& ehlo) {
  return std::ranges::any_of(split(ehlo.text, ' '), [](std::string_view word) {
    return equal_ignoring_case(word, "STARTTLS");
  });
}

Findings unknown(const std::string& host, std::string_view why) {
  return {{&not_known,
           fmt::format("{}: {}", host, why),
           {},
           "try from where strangers connect; many networks block port 25 outwards"}};
}

}  // namespace

Findings examine_starttls(ports::SmtpServer& server, const std::string& host,
                          const std::string& helo) {
  const auto connection = server.connect();
  if (!connection) return unknown(host, to_text(connection.fault()));
  const auto ehlo = (*connection)->say("EHLO " + helo);
  if (!ehlo) return unknown(host, to_text(ehlo.fault()));
  if (!ehlo->is_positive())
    return unknown(host, fmt::format("EHLO: {} {}", ehlo->code, quote(ehlo->text)));
  if (!offers_tls(*ehlo))
    return {
        {&not_offered,
         fmt::format("{} does not offer STARTTLS", host),
         {},
         "Postfix: smtpd_tls_security_level = may and smtpd_tls_chain_files in main.cf"}};
  const auto answer = (*connection)->say("STARTTLS");
  if (!answer) return unknown(host, to_text(answer.fault()));
  if (answer->code == 220) return {};
  return {{&refused,
           fmt::format("{} answers STARTTLS with {} {}", host, answer->code,
                       quote(answer->text)),
           {},
           "look into the log of the mail server; often the key cannot be read"}};
}

}  // namespace milterward::doctor
