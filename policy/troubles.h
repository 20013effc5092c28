// SPDX-License-Identifier: Apache-2.0
// Mail that says that mail of ours came back, or was complained about. Anybody can write
// such mail: a notice of failure counts only for a message that stands in our records
// (sent_mail.h) for its sender and that recipient, a complaint only when its signer is one
// of warmup.complaint_loops, and each once.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policy/mail/header.h"
#include "policy/mail/trouble_report.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// multipart/report of a report-type delivery-status (RFC 6522 section 3).
bool is_delivery_report(const RawHeaders& headers);

class Troubles {
 public:
  /// Does anybody want to know? Who counts, and who sends reports.
  static bool are_wanted(const Services& services) noexcept {
    return services.counters || services.report_rows;
  }
  /// Mail of the null sender, our own mail server's included, or a report (RFC 6522) that
  /// came in.
  static bool may_report(const rules::MessageFacts& facts, const RawHeaders& headers);

  explicit Troubles(const Services& services) : services_(services) {}

  void body(std::string_view chunk);
  /// Of an accepted message, with what was found about it. Waits for the store.
  void count(const rules::MessageFacts& facts, std::span<const std::string> recipients,
             const std::string& id, const std::string& queue_id) const;

 private:
  struct Named {
    std::string_view kind;  // "bounce", "complaint"
    std::string sender;     // "" in many complaints: loops hide it
    std::string message_id;
    std::string recipient;  // "" in a complaint
  };
  void count(const Named& named, const std::string& id, const std::string& queue_id) const;

  const Services& services_;
  std::string body_;
};

}  // namespace milterward
