// SPDX-License-Identifier: Apache-2.0
// The directory in a database. Answers are remembered for a while, "no" as well; faults are
// not. An address with an extension is asked about without it too, as everywhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/directory.h"
#include "policy/backends/sql_pool.h"
#include "policy/base/clock.h"
#include "policy/base/expiring_cache.h"
#include "policy/ports/directory.h"
#include "policy/ports/domain_keys.h"

namespace milterward::backends {

class SqlDirectory final : public ports::Directory, public ports::DomainKeys {
 public:
  SqlDirectory(const conf::DirectorySettings& settings, SqlPool::Connect connect,
               std::shared_ptr<const Clock> clock);

  bool knows_domains() const noexcept override;
  bool knows_owners() const noexcept override;
  ports::DirectoryResult<bool> is_ours(const Domain& domain,
                                       Deadline deadline) const override;
  ports::DirectoryResult<bool> may_use(std::string_view login, const MailAddress& address,
                                       Deadline deadline) const override;
  ports::DirectoryResult<std::string> class_of(std::string_view login,
                                               Deadline deadline) const override;
  ports::DirectoryResult<bool> is_established(std::string_view login,
                                              Deadline deadline) const override;

  /// By the key query, each time anew: who asks keeps the keys, and nobody the texts.
  Result<std::vector<ports::DomainKey>, ports::KeyFault> keys_of(
      const Domain& domain, const std::vector<ports::DomainKey>& former,
      Deadline deadline) override;

  /// Connections that hang in the database now.
  std::size_t hanging() const { return pool_->hanging(); }

 private:
  using Answer = ports::DirectoryResult<SqlAnswer>;
  using Cache = ExpiringCache<std::string, SqlAnswer, std::hash<std::string>>;

  Answer ask(const std::string& query,
             const std::vector<std::pair<std::string, std::string>>& values,
             Deadline deadline) const;
  ports::DirectoryResult<bool> is_owner(const std::string& key, std::string_view local_part,
                                        const Domain& domain, Deadline deadline) const;

  const conf::SqlSettings settings_;
  const std::string realm_;
  const std::string delimiters_;
  const std::shared_ptr<const Clock> clock_;
  const std::unique_ptr<SqlPool> pool_;
  const std::unique_ptr<Cache> cache_;
};

}  // namespace milterward::backends
