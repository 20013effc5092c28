// SPDX-License-Identifier: Apache-2.0
// What a postmaster asks about an account and does to it while the daemon runs: how much
// it has sent, start its counts anew, lock it. A lock stands in the store of counts, so
// that it outlives a restart and all daemons that share the store obey it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// The counter that stands for the lock of a login, given in full (mail/login.h).
std::string lock_of(std::string_view login);

struct AccountReport {
  std::string login;
  std::string account_class;  // "" for none
  bool is_locked = false;
  std::vector<rules::QuotaFact> quotas;  // of the account; without the messages under way
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

 private:
  Result<rules::SenderFacts, std::string> sender_of(std::string_view login) const;
  Deadline deadline() const;

  const Services& services_;
};

}  // namespace milterward
