// SPDX-License-Identifier: Apache-2.0
// Private keys for tests, made on the spot in a directory that goes away with the process.
#pragma once

#include <memory>
#include <string>

#include "policy/ports/dkim.h"

namespace milterward::tests {

class TestKeys {
 public:
  /// Made at the first call: making an RSA key takes a while.
  static const TestKeys& shared();
  ~TestKeys();
  TestKeys(const TestKeys&) = delete;
  TestKeys& operator=(const TestKeys&) = delete;

  std::shared_ptr<const ports::PrivateKey> rsa() const { return rsa_; }
  /// $RSA_FILE and $ED25519_FILE replaced.
  std::string with_files(std::string text) const;
  /// $RSA and $ED25519 replaced.
  std::string with_records(std::string text) const;

 private:
  TestKeys();
  std::string directory_;
  std::shared_ptr<const ports::PrivateKey> rsa_;
  std::shared_ptr<const ports::PrivateKey> ed25519_;
};

}  // namespace milterward::tests
