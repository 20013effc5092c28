// SPDX-License-Identifier: Apache-2.0
// Where reports are kept, and what all of them together say. Each counts once, however
// often it is sent (RFC 9990 section 3.5 has a report that is sent again keep its name).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/ports/feedback_report.h"

namespace milterward::ports {

using FeedbackReport = std::variant<AggregateReport, TlsReport>;

struct FeedbackOrigin {
  WallTime received{};
  std::string author;   // the domain of the mail that brought it; "" by hand
  bool counts = false;  // conf::Believe
};

enum class Kept {
  anew,
  known,         // it was there before
  believed_now,  // it was there before, and counts only now
};

class FeedbackStore {
 public:
  virtual ~FeedbackStore() = default;
  /// A fault is a sentence about the file. Waits for the disk.
  virtual Result<Kept, std::string> add(const FeedbackReport& report,
                                        const FeedbackOrigin& origin) = 0;
  /// Forgets what ended before `oldest`, and the oldest of what is more than `octets`; how
  /// many reports.
  virtual Result<std::size_t, std::string> tidy(WallTime oldest, std::size_t octets) = 0;
};

/// What is looked for: reports that end behind `since`, all of one domain where one is
/// named.
struct FeedbackQuery {
  WallTime since{};
  std::string domain = {};
};

/// Of one domain that publishes a DMARC policy, what the reports that count say together.
struct DomainFeedback {
  std::string domain;
  std::uint64_t reports = 0;
  std::uint64_t uncounted = 0;  // reports that do not count
  /// Whose mail brought those that count; of what was read by hand, as they call
  /// themselves.
  std::uint64_t organisations = 0;
  std::chrono::sys_seconds begin{}, end{};  // of those that count, where any does
  std::string policy;  // of the newest report: "none", "quarantine", "reject", "" unknown
  std::chrono::sys_seconds policy_since{};  // no report behind it says otherwise
  std::uint64_t messages = 0;
  std::uint64_t passed = 0;  // aligned, by DKIM or SPF
  std::uint64_t dkim = 0;    // aligned, by DKIM
  std::uint64_t spf = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t rejected = 0;

  bool operator==(const DomainFeedback&) const = default;
};

/// Of one address that sends in the name of a domain.
struct SourceFeedback {
  std::string address;
  std::uint64_t messages = 0;
  std::uint64_t passed = 0;
  std::uint64_t dkim = 0;
  std::uint64_t spf = 0;
  std::uint64_t excused = 0;  // that did not pass, and a receiver took it for a forwarder
  std::string passed_as;      // a domain that it proved where it did not pass; "" for none
  std::string dkim_failed;    // of the author's domain: "s1 (permerror)"; "" for none
  std::string spf_failed;     // likewise
  std::chrono::sys_seconds last{};

  bool operator==(const SourceFeedback&) const = default;
};

/// Of one domain's mail servers, what senders say of TLS.
struct TlsFeedback {
  std::string domain;
  std::uint64_t reports = 0;
  std::uint64_t uncounted = 0;
  std::uint64_t organisations = 0;
  std::uint64_t worked = 0;
  std::uint64_t failed = 0;
  std::chrono::sys_seconds begin{}, end{};
  struct Failure {
    std::string kind, exchange, reason;
    std::uint64_t count = 0;
    bool operator==(const Failure&) const = default;
  };
  std::vector<Failure> failures;  // the most frequent first

  bool operator==(const TlsFeedback&) const = default;
};

/// For tools and the status page, also while the daemon writes. Names come from strangers.
class FeedbackReader {
 public:
  virtual ~FeedbackReader() = default;
  /// The domains with most mail first.
  virtual Result<std::vector<DomainFeedback>, std::string> domains(
      const FeedbackQuery& query, std::size_t most) = 0;
  /// Of `query.domain`; those with most mail first.
  virtual Result<std::vector<SourceFeedback>, std::string> sources(
      const FeedbackQuery& query, std::size_t most) = 0;
  virtual Result<std::vector<TlsFeedback>, std::string> tls(const FeedbackQuery& query,
                                                            std::size_t most) = 0;
};

}  // namespace milterward::ports
