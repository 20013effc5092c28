// SPDX-License-Identifier: Apache-2.0
// Signing or verifying with one key, again and again, from many threads. OpenSSL 3.0 takes
// 3 us to set up a context for a key, a quarter of what verifying with RSA-2048 costs, and
// a context must not be used by two threads at once. So one is set up when the key is
// loaded and never used itself: each operation works on a copy, which takes 0.1 us and no
// lock. A pool of contexts to be lent would save that too, and need a lock and a limit.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/auth/dkim/key_record.h"

using EVP_PKEY = struct evp_pkey_st;
using EVP_PKEY_CTX = struct evp_pkey_ctx_st;
using EVP_MD_CTX = struct evp_md_ctx_st;

namespace milterward::auth {

/// Over SHA-256 digests of 32 octets: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), or Ed25519
/// of the digest (RFC 8463 section 3).
class KeyOperation {
 public:
  enum class Kind { sign, verify };

  /// None when OpenSSL does not take the key. `key` may be freed afterwards.
  static std::optional<KeyOperation> prepare(EVP_PKEY* key, KeyType type, Kind kind);

  /// "" when OpenSSL fails. Of Kind::sign only.
  std::string sign(std::string_view digest) const;
  /// Of Kind::verify only.
  bool verify(std::string_view digest, std::string_view signature) const;

 private:
  struct Free {
    void operator()(EVP_PKEY_CTX* context) const noexcept;
    void operator()(EVP_MD_CTX* context) const noexcept;
  };
  using RsaContext = std::unique_ptr<EVP_PKEY_CTX, Free>;
  using Ed25519Context = std::unique_ptr<EVP_MD_CTX, Free>;

  static RsaContext rsa_context(EVP_PKEY* key, Kind kind);
  static Ed25519Context ed25519_context(EVP_PKEY* key, Kind kind);
  RsaContext rsa_copy() const;
  Ed25519Context ed25519_copy() const;

  // One of them, for the type of the key.
  RsaContext rsa_;
  Ed25519Context ed25519_;
  std::size_t signature_size_ = 0;
};

}  // namespace milterward::auth
