// SPDX-License-Identifier: Apache-2.0
// One failure report as an ARF message (RFC 5965, RFC 6591, RFC 9991). Three parts: a word
// to people, the fields for programs, and of the message a few header fields, never its
// body. What is told of the first message of an incident is written down when it comes, as
// the text that will be sent; how many were like it is known when the report is made.
//
// No DKIM-Canonicalized-Header or -Body: they would show header and body. No
// Original-Rcpt-To: it would show where mail is forwarded to. The Subject of the report
// names the domain, not the message: RFC 5965 would have that of the message, which is
// private.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/reports/failure_options.h"

namespace milterward::reports {

/// RFC 6591 section 3.2.2
enum class DeliveryResult { delivered, policy, reject };
std::string_view to_text(DeliveryResult result) noexcept;

/// A signature that failed.
struct FailedSignature {
  std::string domain;
  std::string identity;  // redacted; "" for "@domain"
  std::string selector;

  bool operator==(const FailedSignature&) const = default;
};

/// A record that SPF read, as DNS has it.
struct SpfText {
  std::string domain;
  std::string text;

  bool operator==(const SpfText&) const = default;
};

/// What makes failures equal: they differ in nothing that their domain could mend.
struct FailureIncident {
  AuthFailure failure = AuthFailure::dmarc;
  bool dkim_failed = false;  // to make an aligned pass
  bool spf_failed = false;
  DeliveryResult delivery = DeliveryResult::delivered;
  std::string source_ip;
  std::string reported_domain;  // of the author
  std::string envelope_domain;  // of MAIL FROM
  std::string results;          // of the methods, in the words of Authentication-Results

  bool operator==(const FailureIncident&) const = default;
};

/// The first message of an incident. Whatever names a person is redacted already.
struct FailedMessage {
  std::string authserv_id;
  std::string authres;    // value of an Authentication-Results field
  std::string mail_from;  // without brackets
  WallTime arrival{};
  std::optional<FailedSignature> signature;
  std::vector<SpfText> spf;
  std::string header;  // redaction.h
};

/// One line that is equal for equal incidents.
std::string to_text(const FailureIncident& incident);

/// What is written down of the message: fields of the report, an empty line, its header.
std::string example_of(const FailureIncident& incident, const FailedMessage& message);

/// The parts of a report, as they stand behind the header of its mail. `example` is of
/// example_of(), `messages` how many there were. Letters and digits in `report_id`.
struct FailureParts {
  std::string report_id;
  std::string receiver;  // the domain that reports
  std::string domain;    // where the DMARC record was found
  std::uint64_t messages = 1;
  std::string example;
};
std::string failure_parts(const FailureParts& parts);

/// The mail. The same arguments make the same octets.
struct FailureMail {
  std::string from;  // an address, without brackets
  std::string receiver;
  std::vector<std::string> to;
  std::string domain;
  std::string report_id;
  std::string message_id;  // what stands before the "@"
  WallTime made_at{};
  std::string parts;
};
std::string mail_text(const FailureMail& mail);

}  // namespace milterward::reports
