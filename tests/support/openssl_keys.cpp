// SPDX-License-Identifier: Apache-2.0
#include "tests/support/openssl_keys.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace milterward::tests {
namespace {

template <class Encode>
std::string encoded(Encode encode, EVP_PKEY* key) {
  std::string octets(static_cast<std::size_t>(encode(key, nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(octets.data());
  encode(key, &to);
  return octets;
}

EVP_PKEY* made(const std::string& type, std::size_t bits) {
  if (type == "RSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits);
  if (type == "EC") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (type != "RSA-PSS") return EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str());
  EVP_PKEY* key = nullptr;
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context{
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr), EVP_PKEY_CTX_free};
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits));
  EVP_PKEY_keygen(context.get(), &key);
  return key;
}

}  // namespace

std::shared_ptr<EVP_PKEY> make_key(const std::string& type, std::size_t bits) {
  std::shared_ptr<EVP_PKEY> key{made(type, bits), EVP_PKEY_free};
  if (!key) throw std::runtime_error("no key of type " + type);
  return key;
}

std::string subject_public_key_info(EVP_PKEY* key) { return encoded(i2d_PUBKEY, key); }

std::string bare_public_key(EVP_PKEY* key) { return encoded(i2d_PublicKey, key); }

std::string raw_public_key(EVP_PKEY* key) {
  std::size_t size = 32;
  std::string octets(size, '\0');
  EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(octets.data()), &size);
  return octets;
}

}  // namespace milterward::tests
