// SPDX-License-Identifier: Apache-2.0
// What the benchmarks of rules and of telling play: one message of 2 KB through a
// Connection, as a stranger's or as a user's, with verification alone, with relay rules,
// identity and quotas as well, or with whom each decision is told.
// The message is signed, every check passes, DNS answers at once, and counters stand in
// SQLite files of a temporary directory.
//
// A thousand accounts take turns and a tenth of a second passes between two messages, by a
// clock of ours: limits have as many counters, and counters as many slices, as on a busy
// day. A single account would find everything in the processor's caches.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "policy/services.h"
#include "tests/milter/temporary_directory.h"

namespace milterward::bench {

enum class Rules { off, on };

class RelayMail {
 public:
  RelayMail();
  ~RelayMail();
  RelayMail(const RelayMail&) = delete;
  RelayMail& operator=(const RelayMail&) = delete;

  /// A stranger's message, which must pass SPF, DKIM and DMARC. With rules off, nobody asks
  /// the relay rules: no recipient is named, and nothing else depends on one.
  void inbound(Rules rules);
  /// A message of an account, by its login; likewise.
  void submission(Rules rules);
  /// A stranger's, which is verified, and told to whoever is there for it (either may be
  /// null).
  void told_to(const std::shared_ptr<ports::Journal>& journal,
               const std::shared_ptr<ports::Metrics>& metrics);

  /// Messages that were counted so far.
  std::size_t counted() const noexcept { return counted_; }
  /// Sees that limits and owners do hold: throws where a message too many passes, or one
  /// under somebody else's address.
  void try_rules();
  /// The store writes its last checkpoint. Nothing can be played any more.
  void close();

 private:
  struct Play;
  class PassingClock;

  std::shared_ptr<Services> services_for(const std::string& toml);
  Services& of(Rules rules) { return rules == Rules::on ? *with_rules_ : *without_; }
  std::string play(Services& services, const Play& play);
  Play stranger() const;
  Play user(std::size_t number) const;

  tests::TemporaryDirectory directory_;
  std::shared_ptr<PassingClock> clock_;
  std::shared_ptr<ports::Resolver> dns_;
  RawHeaders signed_header_, own_header_;
  std::string body_;
  std::shared_ptr<Services> without_, with_rules_;
  std::size_t played_ = 0, counted_ = 0;
};

}  // namespace milterward::bench
