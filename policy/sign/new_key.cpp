// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/new_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "policy/base/unreachable.h"
#include "policy/sign/openssl_owner.h"
#include "policy/sign/pkcs8.h"

namespace milterward::sign {
namespace {

using ports::SigningAlgorithm;

/// The exponent is OpenSSL's own, 65537.
EVP_PKEY* generate(SigningAlgorithm algorithm, unsigned rsa_bits) {
  switch (algorithm) {
    case SigningAlgorithm::rsa_sha256:
      return EVP_RSA_gen(rsa_bits);
    case SigningAlgorithm::ed25519_sha256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  unreachable();
}

std::string reason() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

Result<SecretText, std::string> make_private_key(SigningAlgorithm algorithm,
                                                 unsigned rsa_bits) {
  if (algorithm == SigningAlgorithm::rsa_sha256 &&
      (rsa_bits < least_new_rsa_bits || rsa_bits > most_new_rsa_bits))
    return Unexpected{std::string{"an RSA key has 2048 to 4096 bits"}};
  const Owned<EVP_PKEY> key{generate(algorithm, rsa_bits)};
  if (!key) return Unexpected{reason()};
  auto text = to_pkcs8(key.get());
  if (!text) return Unexpected{reason()};
  return std::move(*text);
}

}  // namespace milterward::sign
