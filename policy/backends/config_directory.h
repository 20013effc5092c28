// SPDX-License-Identifier: Apache-2.0
// The directory that stands in the configuration itself: relay.domains,
// [[directory.account]] and directory.login_is_address. Never silent.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/config.h"
#include "policy/ports/directory.h"

namespace milterward::backends {

class ConfigDirectory final : public ports::Directory {
 public:
  explicit ConfigDirectory(std::shared_ptr<const conf::Config> config);

  bool knows_domains() const noexcept override;
  bool knows_owners() const noexcept override { return knows_owners_; }
  ports::DirectoryResult<bool> is_ours(const Domain& domain,
                                       Deadline deadline) const override;
  ports::DirectoryResult<bool> may_use(std::string_view login, const MailAddress& address,
                                       Deadline deadline) const override;
  ports::DirectoryResult<std::string> class_of(std::string_view login,
                                               Deadline deadline) const override;
  ports::DirectoryResult<bool> is_established(std::string_view login,
                                              Deadline deadline) const override;

 private:
  struct Account {
    std::vector<AddressPattern> may_use;
    std::string account_class;
    bool is_established = false;
  };
  const Account* find(std::string_view login) const;

  std::shared_ptr<const conf::Config> config_;
  std::unordered_map<std::string, Account> accounts_;  // by login_key
  bool knows_owners_ = false;
};

}  // namespace milterward::backends
