// SPDX-License-Identifier: Apache-2.0
// What is counted while mail is served, for graphs and alarms. Whoever decides, asks DNS or
// writes says so here; nothing of it waits or fails.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace milterward::ports {

/// The SMTP steps that somebody waits for.
enum class Stage { connect, helo, mail, rcpt, end_of_headers, end_of_message };
inline constexpr std::size_t stage_count = 6;
std::string_view to_text(Stage stage) noexcept;

/// One decision, in the words of the log.
struct CountedDecision {
  std::string_view step;  // "message", "recipient", "sender"
  std::string_view direction;
  std::string_view verdict;
  std::string_view rule;
  std::string_view would;  // what monitor mode held back, "" for nothing
};

/// What a counter said of a sender.
struct CountedQuota {
  std::string_view scope;    // "account"
  std::string_view subject;  // whose; never shown where only numbers are
  std::string_view measure;  // "messages"
  std::string_view period;   // "hour"
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

/// How a question for DNS was met.
enum class DnsAsked { cached, joined, sent };
std::string_view to_text(DnsAsked how) noexcept;

class Metrics {
 public:
  virtual ~Metrics() = default;

  virtual void decided(const CountedDecision& decision) noexcept = 0;
  /// "spf", "pass"; once a method and message, of DKIM once a signature.
  virtual void authenticated(std::string_view method, std::string_view result) noexcept = 0;
  /// Of mail of our own users: could it be signed, and why not?
  virtual void signing(std::string_view state) noexcept = 0;
  virtual void quota_was(const CountedQuota& quota) noexcept = 0;
  /// From MAIL to the verdict on the message.
  virtual void message_took(std::chrono::microseconds time) noexcept = 0;
  virtual void stage_took(Stage stage, std::chrono::microseconds time) noexcept = 0;

  virtual void dns_asked(DnsAsked how) noexcept = 0;
  /// Of one that was sent: "found", "no_domain", "timed_out" ...
  virtual void dns_answered(std::string_view result,
                            std::chrono::microseconds time) noexcept = 0;
  /// "hit", "keep", "give_back", "clear", and "ok" or "fault".
  virtual void store_used(std::string_view operation, std::string_view result,
                          std::chrono::microseconds time) noexcept = 0;
  /// Decisions that were kept, and those that were not.
  virtual void journal_wrote(std::size_t entries) noexcept = 0;
  virtual void journal_missed(std::size_t entries) noexcept = 0;
};

}  // namespace milterward::ports
