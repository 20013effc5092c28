// SPDX-License-Identifier: Apache-2.0
// The keys of a domain in DIRECTORY/DOMAIN/SELECTOR.pem (sign.directory). Names that begin
// with a dot, and those without ".pem", are none. A domain's directory may be a link: names
// of one customer often share a key.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "policy/ports/domain_keys.h"

namespace milterward::backends {

class DirectoryKeys final : public ports::DomainKeys {
 public:
  explicit DirectoryKeys(std::string path) : path_(std::move(path)) {}

  /// A directory that is not there has no keys; one that cannot be read is a fault.
  Result<std::vector<ports::DomainKey>, ports::KeyFault> keys_of(
      const Domain& domain, const std::vector<ports::DomainKey>& former,
      Deadline deadline) override;

  /// Why none of it can be used, where that is so.
  std::optional<ports::KeyFault> trouble() const;

 private:
  const std::string path_;
};

}  // namespace milterward::backends
