// SPDX-License-Identifier: Apache-2.0
// Where decisions are kept for those who ask about them later, and where they are looked
// up. Whoever decides hands over a draft that owns all it tells; what it costs to put it
// into words is spent by the journal, in a thread of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"

namespace milterward::ports {

/// One decision, as it is kept. Text from strangers stands in it as it came.
struct JournalEntry {
  WallTime at{};
  std::string kind;  // "message", "recipient", "sender": at the end of it, at RCPT, at MAIL
  std::string id;    // our own name of the message, as in the log
  std::string queue_id;    // the mail server's, "" where it was not known
  std::string message_id;  // with its brackets; "" before the header
  std::string direction;   // "inbound", and why: "direction.stranger"
  std::string reason;
  std::string client;     // an address, or "unknown"
  std::string mail_from;  // without brackets
  std::string login;
  std::string domain;                   // the author's, or that of `mail_from`; "" for none
  std::vector<std::string> recipients;  // the first of them
  std::vector<std::string> names;       // every address and login of it, in lower case
  std::string verdict;                  // what was done: "reject"
  std::string rule;
  std::string mode;
  std::string would;  // what monitor mode held back, "" for nothing
  std::string reply;
  std::string want;   // the verdict as facts note it (policy/explain.h)
  std::string facts;  // as rules read them; decided again by `milterward explain`
  /// "RULE ACTION because REASON", of inbound mail.
  std::vector<std::string> findings;
  std::string because;
  std::string dmarc;  // what became of mail that fails DMARC, and why
  std::string signed_with;
  std::string sealed_as;
  std::chrono::microseconds latency{0};

  bool operator==(const JournalEntry&) const = default;
};

class JournalDraft {
 public:
  virtual ~JournalDraft() = default;
  virtual JournalEntry write() const = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Never waits and never throws: where there is no room the draft is dropped and counted.
  virtual void note(std::unique_ptr<const JournalDraft> draft) noexcept = 0;
};

/// Which entries are looked for. Empty members ask for nothing.
struct JournalQuery {
  /// Whole addresses, or "@example.org"; one of them must match.
  std::vector<std::string> mail_from = {};
  std::vector<std::string> recipient = {};
  std::string rule = {};    // "dmarc.reject", or "dmarc" for all of that area
  std::string domain = {};  // of the author, of MAIL FROM, or of a recipient
  std::string verdict = {};
  WallTime since = WallTime::min();
  WallTime until = WallTime::max();
  std::size_t most = 0;  // the newest of them; 0 for all
};

/// For tools, also while the daemon writes. Faults are sentences about the file.
class JournalReader {
 public:
  virtual ~JournalReader() = default;
  /// All that is known of the messages with this queue id, Message-ID (with or without its
  /// brackets) or id of ours; the oldest first.
  virtual Result<std::vector<JournalEntry>, std::string> named(std::string_view name) = 0;
  /// Hands over what matches, the oldest first; the number of entries.
  virtual Result<std::size_t, std::string> search(
      const JournalQuery& query, const std::function<void(const JournalEntry&)>& take) = 0;
};

/// For the tool that forgets.
class JournalEraser {
 public:
  virtual ~JournalEraser() = default;
  /// Removes each entry that names one of the addresses or logins, and what was left of it
  /// in the file; how many there were. Letter case makes no difference.
  virtual Result<std::size_t, std::string> erase(const std::vector<std::string>& names) = 0;
};

}  // namespace milterward::ports
