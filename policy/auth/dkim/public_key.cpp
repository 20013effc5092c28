// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/public_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr int least_rsa_bits = 1024;     // RFC 8301 section 3.2
constexpr int greatest_rsa_bits = 8192;  // twice what RFC 8301 asks for

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

EVP_PKEY* decode_rsa(std::string_view octets) {
  const auto size = static_cast<long>(octets.size());
  const auto* from = octets_of(octets);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &from, size);
  if (key == nullptr) {
    from = octets_of(octets);
    key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &from, size);
  }
  if (key != nullptr && (from != octets_of(octets) + octets.size() ||
                         EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  return key;
}

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

bool verify_rsa(EVP_PKEY* key, std::string_view digest, std::string_view signature) {
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context{EVP_PKEY_CTX_new(key, nullptr)};
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
         EVP_PKEY_verify(context.get(), octets_of(signature), signature.size(),
                         octets_of(digest), digest.size()) == 1;
}

bool verify_ed25519(EVP_PKEY* key, std::string_view digest, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(signature), signature.size(),
                          octets_of(digest), digest.size()) == 1;
}

}  // namespace

PublicKey::PublicKey(KeyType type, std::shared_ptr<EVP_PKEY> key)
    : type_(type), key_(std::move(key)) {}

Result<PublicKey, PublicKeyFault> PublicKey::decode(const KeyRecord& record) {
  EVP_PKEY* key = nullptr;
  switch (record.type) {
    case KeyType::rsa:
      key = decode_rsa(record.public_key);
      break;
    case KeyType::ed25519:
      key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                        octets_of(record.public_key),
                                        record.public_key.size());
      break;
  }
  ERR_clear_error();  // the queue is per thread and nobody else's business
  if (key == nullptr) return Unexpected{PublicKeyFault::undecodable};
  const std::shared_ptr<EVP_PKEY> owned{key, EVP_PKEY_free};
  if (record.type == KeyType::rsa) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < least_rsa_bits) return Unexpected{PublicKeyFault::too_small};
    if (bits > greatest_rsa_bits) return Unexpected{PublicKeyFault::too_large};
  }
  return PublicKey{record.type, owned};
}

unsigned PublicKey::bits() const noexcept {
  switch (type_) {
    case KeyType::rsa:
      return static_cast<unsigned>(EVP_PKEY_get_bits(key_.get()));
    case KeyType::ed25519:
      return 256;
  }
  unreachable();
}

bool PublicKey::verifies(std::string_view digest, std::string_view signature) const {
  bool verified = false;
  switch (type_) {
    case KeyType::rsa:
      verified = verify_rsa(key_.get(), digest, signature);
      break;
    case KeyType::ed25519:
      verified = verify_ed25519(key_.get(), digest, signature);
      break;
  }
  ERR_clear_error();
  return verified;
}

std::string PublicKey::record_octets() const {
  std::string octets;
  switch (type_) {
    case KeyType::rsa: {
      octets.resize(static_cast<std::size_t>(i2d_PUBKEY(key_.get(), nullptr)));
      auto* to = reinterpret_cast<unsigned char*>(octets.data());
      i2d_PUBKEY(key_.get(), &to);
      break;
    }
    case KeyType::ed25519: {
      std::size_t size = 32;
      octets.resize(size);
      EVP_PKEY_get_raw_public_key(key_.get(),
                                  reinterpret_cast<unsigned char*>(octets.data()), &size);
      break;
    }
  }
  return octets;
}

std::string_view to_text(PublicKeyFault fault) noexcept {
  switch (fault) {
    case PublicKeyFault::undecodable:
      return "key cannot be decoded";
    case PublicKeyFault::too_small:
      return "RSA key of less than 1024 bits";
    case PublicKeyFault::too_large:
      return "RSA key of more than 8192 bits";
  }
  unreachable();
}

}  // namespace milterward::auth
