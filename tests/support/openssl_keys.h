// SPDX-License-Identifier: Apache-2.0
// Keys made on the spot with OpenSSL, for tests that need octets rather than a PrivateKey.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

using EVP_PKEY = struct evp_pkey_st;

namespace milterward::tests {

/// "RSA" and "RSA-PSS" of so many bits, "ED25519", "EC" on P-256.
std::shared_ptr<EVP_PKEY> make_key(const std::string& type, std::size_t bits = 0);

/// DER: SubjectPublicKeyInfo, and what stands inside it (of an RSA key: RSAPublicKey).
std::string subject_public_key_info(EVP_PKEY* key);
std::string bare_public_key(EVP_PKEY* key);

/// Of an Ed25519 key: 32 octets.
std::string raw_public_key(EVP_PKEY* key);

}  // namespace milterward::tests
