// SPDX-License-Identifier: Apache-2.0
// The directory in text files, as Postfix's tables are (lookup_table.h): domains of ours,
// owners of addresses, classes of accounts, and those that are
// no new ones. Kept in memory, read again when they change; never silent.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "conf/settings/directory.h"
#include "policy/backends/watched_file.h"
#include "policy/ports/directory.h"

namespace milterward::backends {

/// "example.org" and ".example.org", as written in canonical form.
using DomainTable = std::unordered_set<std::string>;
/// "joe@example.org" and "@example.org" in canonical form, and the login_keys that own it.
using OwnerTable = std::unordered_map<std::string, std::vector<std::string>>;
/// login_keys, and the class of each.
using ClassTable = std::unordered_map<std::string, std::string>;

/// login_keys.
using LoginTable = std::unordered_set<std::string>;

/// The fault names the line.
Result<DomainTable, std::string> parse_domains(std::string_view text);
Result<OwnerTable, std::string> parse_owners(std::string_view text, std::string_view realm);
Result<ClassTable, std::string> parse_classes(std::string_view text,
                                              std::string_view realm);
/// What stands behind a login is of no matter, as with domains.
Result<LoginTable, std::string> parse_logins(std::string_view text, std::string_view realm);

class DirectoryFiles final : public ports::Directory {
 public:
  /// Reads every file; the faults are sentences that name key, file and line.
  static Result<std::shared_ptr<const DirectoryFiles>, std::vector<std::string>> open(
      const conf::DirectorySettings& settings, std::shared_ptr<const Clock> clock);

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

 private:
  template <class Table>
  using Files = std::vector<std::unique_ptr<WatchedFile<Table>>>;

  DirectoryFiles() = default;

  std::string realm_;
  std::string delimiters_;
  Files<DomainTable> domains_;
  Files<OwnerTable> owners_;
  Files<ClassTable> classes_;
  Files<LoginTable> established_;
};

}  // namespace milterward::backends
