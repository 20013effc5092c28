// SPDX-License-Identifier: Apache-2.0
// Where private keys that we make are put, and taken away again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/ports/key_source.h"

namespace milterward::ports {

class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// Keeps a key for good, readable for the daemon and for nobody it does not concern.
  /// Never replaces one: a selector that has a key already is a fault. Returns the name
  /// under which KeySource knows it (a path, for files).
  virtual Result<std::string, KeyFault> add(const Domain& domain, std::string_view selector,
                                            std::string_view pem) = 0;
  /// Nothing when the key is gone, or was not there; else why it is still there.
  virtual std::optional<KeyFault> remove(const Domain& domain,
                                         std::string_view selector) = 0;
};

}  // namespace milterward::ports
