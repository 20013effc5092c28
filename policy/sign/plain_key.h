// SPDX-License-Identifier: Apache-2.0
// Private keys in the forms that nearly all come in: one block of PEM without a password,
// RSA in PKCS#1 or PKCS#8, Ed25519 in PKCS#8 (RFC 7468, RFC 8017 appendix A.1.2, RFC 5958,
// RFC 8410). OpenSSL's own reader tries every form and cipher it knows and takes twenty
// times as long, which is most of what the first signature of a domain costs; it still
// reads what this one passes over.
#pragma once

#include <optional>
#include <string_view>

#include "policy/ports/dkim.h"
#include "policy/sign/openssl_owner.h"

namespace milterward::sign {

struct PlainKey {
  Owned<evp_pkey_st> key;
  ports::SigningAlgorithm algorithm{};
};

/// Nothing for any other form, for what is no key, and for RSA keys whose numbers do not
/// belong together: n = pq, de = 1 modulo p - 1 and q - 1, and what follows from them. That
/// p and q are primes is not looked into.
std::optional<PlainKey> read_plain_key(std::string_view pem);

}  // namespace milterward::sign
