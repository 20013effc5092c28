// SPDX-License-Identifier: Apache-2.0
// The least that signing and verifying can cost with OpenSSL: octets that are canonical
// already are hashed with a fetched EVP_MD in one context, and the digest is signed or
// verified by a loaded key in another, both used over and over. No mail, no allocation.
#pragma once

#include <memory>
#include <string>
#include <string_view>

using EVP_MD = struct evp_md_st;
using EVP_MD_CTX = struct evp_md_ctx_st;
using EVP_PKEY = struct evp_pkey_st;
using EVP_PKEY_CTX = struct evp_pkey_ctx_st;

namespace milterward::bench {

class BareSha256 {
 public:
  BareSha256();
  /// The 32 octets, until the next call.
  std::string_view digest(std::string_view octets);

 private:
  std::shared_ptr<EVP_MD> algorithm_;
  std::shared_ptr<EVP_MD_CTX> context_;
  std::string digest_;
};

/// By an RSA or an Ed25519 key.
class BareKey {
 public:
  enum class Use { sign, verify };
  BareKey(EVP_PKEY* key, Use use);

  /// Hashes body and header, signs the digest of the header. "" when OpenSSL does not.
  std::string_view sign(std::string_view body, std::string_view header);
  /// Hashes both, compares the digest of the body, verifies that of the header.
  bool verifies(std::string_view body, std::string_view header,
                std::string_view body_digest, std::string_view signature);

 private:
  BareSha256 hash_;
  std::shared_ptr<EVP_PKEY_CTX> rsa_;  // one of the two
  std::shared_ptr<EVP_MD_CTX> ed25519_;
  std::string signature_;
};

}  // namespace milterward::bench
