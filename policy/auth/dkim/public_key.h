// SPDX-License-Identifier: Apache-2.0
// A published key, decoded once; copies share it. RSA keys come as SubjectPublicKeyInfo, as
// everybody publishes them, or as the bare RSAPublicKey RFC 6376 section 3.6.1 speaks of;
// Ed25519 keys as 32 octets (RFC 8463 section 4.2).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/auth/dkim/key_record.h"
#include "policy/base/result.h"

namespace milterward::auth {

enum class PublicKeyFault { undecodable, too_small, too_large, large_exponent };
std::string_view to_text(PublicKeyFault fault) noexcept;

class PublicKey {
 public:
  /// RSA below 1024 bits is refused (RFC 8301 section 3.2), above 8192 too, and with an
  /// exponent of more than 64: verifying with it would cost more than it proves.
  static Result<PublicKey, PublicKeyFault> decode(const KeyRecord& record);

  unsigned bits() const noexcept;
  /// Is `signature` this key's over the SHA-256 `digest`? RSASSA-PKCS1-v1_5 (RFC 8017), or
  /// Ed25519 of the digest (RFC 8463 section 3).
  bool verifies(std::string_view digest, std::string_view signature) const;
  /// What p= would hold: SubjectPublicKeyInfo in DER for RSA, 32 octets for Ed25519.
  std::string record_octets() const;
  KeyType type() const noexcept;

 private:
  struct Decoded;
  explicit PublicKey(std::shared_ptr<const Decoded> decoded);

  std::shared_ptr<const Decoded> decoded_;
};

}  // namespace milterward::auth
