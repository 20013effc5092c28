// SPDX-License-Identifier: Apache-2.0
// Private keys in tokens that speak PKCS#11, in a module of its own (module.h): few have
// one, and libp11-kit loads what its maker wrote.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conf/pkcs11_uri.h"
#include "conf/settings/pkcs11.h"
#include "policy/backends/module.h"
#include "policy/base/result.h"
#include "policy/base/secret_text.h"
#include "policy/ports/dkim.h"

namespace milterward::backends {

/// The PIN as it stands now, or why it cannot be had.
using ReadPin = std::function<Result<SecretText, std::string>()>;

/// The tokens that one library reaches. Shared by all threads.
class Tokens {
 public:
  virtual ~Tokens() = default;
  /// Finds the key, and has it sign something to see that it does. Blocks for as long as
  /// the library does. The key may outlive this object. The fault is a sentence.
  virtual Result<std::shared_ptr<const ports::PrivateKey>, std::string> load(
      const conf::Pkcs11Uri& uri) = 0;
};

/// What the module exports, under the name `milterward_pkcs11`.
struct Pkcs11Module {
  const char* build;  // MILTERWARD_VERSION
  /// Loads pkcs11.module, which stays until the process ends and may start threads.
  Result<std::shared_ptr<Tokens>, std::string> (*open)(const conf::Pkcs11Settings& settings,
                                                       ReadPin read_pin);
};

Result<const Pkcs11Module*, conf::Complaint> open_pkcs11_module(
    const std::vector<std::filesystem::path>& directories = module_directories());

}  // namespace milterward::backends
