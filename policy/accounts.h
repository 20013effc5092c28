// SPDX-License-Identifier: Apache-2.0
// What a postmaster asks about an account and does to it while the daemon runs: how much
// it has sent, start its counts anew, lock it. A lock stands in the store of counts, so
// that it outlives a restart and all daemons that share the store obey it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/account_limits.h"
#include "policy/base/result.h"
#include "policy/rules/facts.h"
#include "policy/services.h"
#include "policy/warmup.h"

namespace milterward {

/// The counter that stands for the lock of a login, given in full (mail/login.h).
std::string lock_of(std::string_view login);

/// Where it stands on the ladder.
struct LadderReport {
  std::size_t step = 0;  // from 1; of steps
  std::size_t steps = 0;
  bool is_frozen = false;
  std::uint64_t messages = 0;  // today
  std::uint64_t bounced = 0;   // within a month
  std::uint64_t complained = 0;
};

struct AccountReport {
  std::string login;
  std::string account_class;  // "" for none
  bool is_locked = false;
  std::vector<rules::QuotaFact> quotas;
  std::optional<LadderReport> ladder;  // none: its plan rules alone
};

class Accounts {
 public:
  explicit Accounts(const Services& services) : services_(services) {}

  // Each waits for the directory and the store; the fault is a sentence.
  Result<AccountReport, std::string> show(std::string_view login) const;
  /// Its counts begin anew; whom it knows, and its lock, stay.
  Result<AccountReport, std::string> reset(std::string_view login) const;
  Result<AccountReport, std::string> lock(std::string_view login) const;
  Result<AccountReport, std::string> unlock(std::string_view login) const;
  /// It leaves the ladder for its plan.
  Result<AccountReport, std::string> promote(std::string_view login) const;

 private:
  std::vector<CountedLimit> limits_of_account(const rules::SenderFacts& sender) const;
  std::optional<Warmup> warmup_of(const rules::SenderFacts& sender) const;
  Result<rules::SenderFacts, std::string> sender_of(std::string_view login) const;
  Deadline deadline() const;

  const Services& services_;
};

}  // namespace milterward
