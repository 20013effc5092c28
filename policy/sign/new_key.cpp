// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/new_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "policy/base/unreachable.h"
#include "policy/sign/openssl_owner.h"

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

Result<std::string, std::string> make_private_key(SigningAlgorithm algorithm,
                                                  unsigned rsa_bits) {
  if (algorithm == SigningAlgorithm::rsa_sha256 &&
      (rsa_bits < least_new_rsa_bits || rsa_bits > most_new_rsa_bits))
    return Unexpected{std::string{"an RSA key has 2048 to 4096 bits"}};
  const Owned<EVP_PKEY> key{generate(algorithm, rsa_bits)};
  // Secure memory: the buffer is wiped when freed.
  const Owned<BIO> out{BIO_new(BIO_s_secmem())};
  if (!key || !out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1)
    return Unexpected{reason()};
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return std::string{text, static_cast<std::size_t>(size)};
}

}  // namespace milterward::sign
