// SPDX-License-Identifier: Apache-2.0
// Several directories as one: what any of them grants is granted, and only if none does is
// the silence of one a silence of all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/ports/directory.h"

namespace milterward::backends {

class JoinedDirectory final : public ports::Directory {
 public:
  /// Asked in this order, until one says yes.
  explicit JoinedDirectory(std::vector<std::shared_ptr<const ports::Directory>> parts)
      : parts_(std::move(parts)) {}

  bool knows_domains() const noexcept override;
  bool knows_owners() const noexcept override;
  ports::DirectoryResult<bool> is_ours(const Domain& domain,
                                       Deadline deadline) const override;
  ports::DirectoryResult<bool> may_use(std::string_view login, const MailAddress& address,
                                       Deadline deadline) const override;
  /// The first class that is not "".
  ports::DirectoryResult<std::string> class_of(std::string_view login,
                                               Deadline deadline) const override;
  ports::DirectoryResult<bool> is_established(std::string_view login,
                                              Deadline deadline) const override;

 private:
  std::vector<std::shared_ptr<const ports::Directory>> parts_;
};

}  // namespace milterward::backends
