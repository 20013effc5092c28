// SPDX-License-Identifier: Apache-2.0
// What a report says, whatever form it came in: a DMARC aggregate report (RFC 9990, RFC
// 7489) or a report of TLS (RFC 8460). Texts are UTF-8 without control characters, of
// bounded size, and no truer than their sender.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::ports {

enum class FeedbackKind { aggregate, tls };
std::string_view to_text(FeedbackKind kind) noexcept;

/// Who reports, and of which time.
struct FeedbackHead {
  std::string organisation;
  std::string contact;
  std::string report_id;
  std::chrono::sys_seconds begin{};
  std::chrono::sys_seconds end{};
  /// What was read in another way than it was written, and why.
  std::vector<std::string> notes;

  bool operator==(const FeedbackHead&) const = default;
};

/// What was done with mail, or is asked for.
enum class Disposition { none, quarantine, reject };
std::string_view to_text(Disposition disposition) noexcept;

/// An authentication that succeeded, aligned or not.
struct PassedAs {
  std::string domain;
  std::string selector;  // of DKIM
  bool operator==(const PassedAs&) const = default;
};

/// Messages that one source sent and that fared alike.
struct AggregateRow {
  IpAddress source;
  std::uint64_t count = 0;
  Disposition disposition = Disposition::none;
  bool dkim = false;  // an aligned signature passed
  bool spf = false;   // an aligned MAIL FROM passed
  std::string header_from;
  std::vector<std::string> reasons;  // why the policy was not applied: "mailing_list"
  std::vector<PassedAs> dkim_passed;
  std::vector<std::string> spf_passed;
  /// Of those for the author's domain that did not pass: "s1 (permerror)", "fail".
  std::vector<std::string> dkim_failed;
  std::vector<std::string> spf_failed;

  bool passes() const noexcept { return dkim || spf; }
  bool operator==(const AggregateRow&) const = default;
};

struct AggregateReport {
  FeedbackHead head;
  std::string domain;      // where the record was found
  std::string policy;      // p=, "" where it is not said
  std::string subdomains;  // sp=, likewise
  std::vector<AggregateRow> rows;

  std::uint64_t messages() const noexcept;
  bool operator==(const AggregateReport&) const = default;
};

/// Sessions that failed in one way.
struct TlsFailure {
  std::string kind;  // "starttls-not-supported", RFC 8460 section 4.3
  std::string exchange;
  std::uint64_t count = 0;
  std::string reason;
  bool operator==(const TlsFailure&) const = default;
};

struct TlsPolicy {
  std::string kind;  // "sts", "tlsa", "no-policy-found"
  std::string domain;
  std::uint64_t worked = 0;
  std::uint64_t failed = 0;
  std::vector<TlsFailure> failures;
  bool operator==(const TlsPolicy&) const = default;
};

struct TlsReport {
  FeedbackHead head;
  std::vector<TlsPolicy> policies;
  bool operator==(const TlsReport&) const = default;
};

}  // namespace milterward::ports
