// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/public_key.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "policy/auth/dkim/key_operation.h"
#include "policy/auth/dkim/octets_of.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr int least_rsa_bits = 1024;     // RFC 8301 section 3.2
constexpr int greatest_rsa_bits = 8192;  // twice what RFC 8301 asks for
// Nearly all keys have 65537. One as long as the modulus makes verifying take 140 times as
// long; OpenSSL itself has this limit for keys of more than 3072 bits.
constexpr int greatest_exponent_bits = 64;

struct Free {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509_ALGOR* algorithm) const noexcept { X509_ALGOR_free(algorithm); }
  void operator()(ASN1_BIT_STRING* bits) const noexcept { ASN1_BIT_STRING_free(bits); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// All of the octets.
///   RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }  ; RFC 8017
///   A.1.1
Owned<EVP_PKEY> decode_rsa_public_key(std::string_view octets) {
  const auto* from = octets_of(octets);
  Owned<EVP_PKEY> key{
      d2i_PublicKey(EVP_PKEY_RSA, nullptr, &from, static_cast<long>(octets.size()))};
  if (from != octets_of(octets) + octets.size()) return nullptr;
  return key;
}

/// Taken apart here, since d2i_PUBKEY of OpenSSL 3.0 looks for a decoder among all there
/// are, which takes 90 us, five times what verifying does.
///   SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING }  ; RFC 5280 4.1
Owned<EVP_PKEY> decode_subject_public_key_info(std::string_view octets) {
  const auto* from = octets_of(octets);
  const auto* const end = from + octets.size();
  long length = 0;
  int tag = 0, tag_class = 0;
  if (ASN1_get_object(&from, &length, &tag, &tag_class, static_cast<long>(octets.size())) !=
          V_ASN1_CONSTRUCTED ||
      tag != V_ASN1_SEQUENCE || tag_class != V_ASN1_UNIVERSAL || length != end - from)
    return nullptr;
  const Owned<X509_ALGOR> algorithm{d2i_X509_ALGOR(nullptr, &from, length)};
  if (!algorithm) return nullptr;
  const ASN1_OBJECT* name = nullptr;
  X509_ALGOR_get0(&name, nullptr, nullptr, algorithm.get());
  if (OBJ_obj2nid(name) != NID_rsaEncryption) return nullptr;
  const Owned<ASN1_BIT_STRING> bits{d2i_ASN1_BIT_STRING(nullptr, &from, end - from)};
  if (!bits || from != end) return nullptr;
  return decode_rsa_public_key(
      {reinterpret_cast<const char*>(ASN1_STRING_get0_data(bits.get())),
       static_cast<std::size_t>(ASN1_STRING_length(bits.get()))});
}

Owned<EVP_PKEY> decode_key(const KeyRecord& record) {
  const auto& octets = record.public_key;
  switch (record.type) {
    case KeyType::rsa: {
      auto key = decode_subject_public_key_info(octets);
      return key ? std::move(key) : decode_rsa_public_key(octets);
    }
    case KeyType::ed25519:
      return Owned<EVP_PKEY>{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                         octets_of(octets), octets.size())};
  }
  unreachable();
}

Owned<BIGNUM> exponent_of(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent);
  return Owned<BIGNUM>{exponent};
}

}  // namespace

struct PublicKey::Decoded {
  KeyType type;
  Owned<EVP_PKEY> key;
  KeyOperation verifying;
};

PublicKey::PublicKey(std::shared_ptr<const Decoded> decoded)
    : decoded_(std::move(decoded)) {}

Result<PublicKey, PublicKeyFault> PublicKey::decode(const KeyRecord& record) {
  auto key = decode_key(record);
  ERR_clear_error();  // the queue is per thread and nobody else's business
  if (!key) return Unexpected{PublicKeyFault::undecodable};
  if (record.type == KeyType::rsa) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < least_rsa_bits) return Unexpected{PublicKeyFault::too_small};
    if (bits > greatest_rsa_bits) return Unexpected{PublicKeyFault::too_large};
    const auto exponent = exponent_of(key.get());
    if (!exponent) return Unexpected{PublicKeyFault::undecodable};
    if (BN_num_bits(exponent.get()) > greatest_exponent_bits)
      return Unexpected{PublicKeyFault::large_exponent};
  }
  auto verifying =
      KeyOperation::prepare(key.get(), record.type, KeyOperation::Kind::verify);
  if (!verifying) return Unexpected{PublicKeyFault::undecodable};
  return PublicKey{std::make_shared<const Decoded>(
      Decoded{record.type, std::move(key), std::move(*verifying)})};
}

KeyType PublicKey::type() const noexcept { return decoded_->type; }

unsigned PublicKey::bits() const noexcept {
  switch (decoded_->type) {
    case KeyType::rsa:
      return static_cast<unsigned>(EVP_PKEY_get_bits(decoded_->key.get()));
    case KeyType::ed25519:
      return 256;
  }
  unreachable();
}

bool PublicKey::verifies(std::string_view digest, std::string_view signature) const {
  return decoded_->verifying.verify(digest, signature);
}

std::string PublicKey::record_octets() const {
  auto* const key = decoded_->key.get();
  std::string octets;
  switch (decoded_->type) {
    case KeyType::rsa: {
      octets.resize(static_cast<std::size_t>(i2d_PUBKEY(key, nullptr)));
      auto* to = reinterpret_cast<unsigned char*>(octets.data());
      i2d_PUBKEY(key, &to);
      break;
    }
    case KeyType::ed25519: {
      std::size_t size = 32;
      octets.resize(size);
      EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(octets.data()),
                                  &size);
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
    case PublicKeyFault::large_exponent:
      return "RSA key with an exponent of more than 64 bits";
  }
  unreachable();
}

}  // namespace milterward::auth
