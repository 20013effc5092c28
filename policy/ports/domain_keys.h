// SPDX-License-Identifier: Apache-2.0
// All private keys of a domain, asked for when its mail comes: houses of a hundred thousand
// domains read no key before it is needed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"
#include "policy/ports/key_source.h"

namespace milterward::ports {

struct DomainKey {
  std::string selector;
  std::string place;  // for people: a path, or what else says where it was found
  std::string stamp;  // changes when the key does; opaque
  Result<std::shared_ptr<const PrivateKey>, KeyFault> key;
};

class DomainKeys {
 public:
  virtual ~DomainKeys() = default;
  /// The keys of exactly this domain, one for each selector, in the order of selectors;
  /// none when there are none. Of `former`, what was answered last, keys whose stamp is
  /// still the same are given again. A key that cannot be used is among the answers; a
  /// fault says that nobody knows whether there are keys ("" where the log knows already).
  /// Blocks for the disk or a database.
  virtual Result<std::vector<DomainKey>, KeyFault> keys_of(
      const Domain& domain, const std::vector<DomainKey>& former, Deadline deadline) = 0;
};

/// Of `former`, the key of that selector if it can be used and has that stamp; else null.
std::shared_ptr<const PrivateKey> unchanged(const std::vector<DomainKey>& former,
                                            std::string_view selector,
                                            std::string_view stamp);

}  // namespace milterward::ports
