// SPDX-License-Identifier: Apache-2.0
// Private keys by the names that the configuration gives them: paths of files, and PKCS#11
// URIs of keys in tokens. A token that cannot be reached makes its keys unusable, as a file
// that cannot be read does, and is tried again when keys are loaded again.
#pragma once

#include <memory>
#include <string>

#include "conf/settings/pkcs11.h"
#include "policy/backends/pkcs11_module.h"
#include "policy/base/guarded.h"
#include "policy/base/secret_text.h"
#include "policy/ports/key_source.h"

namespace milterward::backends {

/// The one line of pkcs11.pin_file. Refused when others may read or write it, as keys are.
Result<SecretText, std::string> read_pin(const std::string& path);

class TokenKeys final : public ports::KeySource {
 public:
  /// Loads nothing yet.
  explicit TokenKeys(conf::Pkcs11Settings settings) : settings_(std::move(settings)) {}

  /// `name` is a PKCS#11 URI. Blocks for as long as the token's library does.
  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> load(
      const std::string& name) const override;

 private:
  Result<std::shared_ptr<Tokens>, std::string> tokens() const;

  const conf::Pkcs11Settings settings_;
  mutable Guarded<std::shared_ptr<Tokens>> tokens_;
};

class KeysByName final : public ports::KeySource {
 public:
  /// `tokens` may be null. Both outlive this.
  KeysByName(const ports::KeySource& files, const ports::KeySource* tokens)
      : files_(files), tokens_(tokens) {}

  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> load(
      const std::string& name) const override;

 private:
  const ports::KeySource& files_;
  const ports::KeySource* const tokens_;
};

}  // namespace milterward::backends
