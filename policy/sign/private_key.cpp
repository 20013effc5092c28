// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/private_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/key_operation.h"
#include "policy/base/unreachable.h"
#include "policy/sign/openssl_owner.h"
#include "policy/sign/pkcs8.h"
#include "policy/sign/plain_key.h"

namespace milterward::sign {
namespace {

using ports::SigningAlgorithm;
using ports::SigningFault;

constexpr unsigned least_rsa_bits = 1024;  // RFC 8301 section 3.2
constexpr std::size_t pem_limit = 64 * 1024;

unsigned char* octets_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string to_record(EVP_PKEY* key, SigningAlgorithm algorithm) {
  std::string octets;
  switch (algorithm) {
    case SigningAlgorithm::rsa_sha256: {
      octets.resize(static_cast<std::size_t>(std::max(i2d_PUBKEY(key, nullptr), 0)));
      auto* to = octets_of(octets);
      i2d_PUBKEY(key, &to);
      break;
    }
    case SigningAlgorithm::ed25519_sha256: {
      std::size_t size = 32;
      octets.resize(size);
      EVP_PKEY_get_raw_public_key(key, octets_of(octets), &size);
      break;
    }
  }
  return auth::encode_base64(octets);
}

class EvpKey final : public ports::PrivateKey {
 public:
  EvpKey(PlainKey key, auth::KeyOperation signing)
      : key_(std::move(key.key)), algorithm_(key.algorithm), signing_(std::move(signing)) {}

  SigningAlgorithm algorithm() const noexcept override { return algorithm_; }
  unsigned bits() const noexcept override {
    switch (algorithm_) {
      case SigningAlgorithm::rsa_sha256:
        return static_cast<unsigned>(EVP_PKEY_get_bits(key_.get()));
      case SigningAlgorithm::ed25519_sha256:
        return 256;
    }
    unreachable();
  }
  bool has_pem() const noexcept override { return true; }
  SecretText pem() const override {
    auto text = to_pkcs8(key_.get());
    if (!text) throw std::bad_alloc{};
    return std::move(*text);
  }
  /// Made when it is asked for: signing does not need it, and OpenSSL takes its time.
  std::string public_record() const override { return to_record(key_.get(), algorithm_); }

  Result<std::string, SigningFault> sign(std::string_view digest) const override {
    auto signature = signing_.sign(digest);
    if (signature.empty()) return Unexpected{SigningFault::bad_key};
    return signature;
  }

 private:
  Owned<EVP_PKEY> key_;
  SigningAlgorithm algorithm_;
  auth::KeyOperation signing_;
};

/// Do the numbers of the key belong together? OpenSSL's own check looks for primes too and
/// takes a hundred times as long, which a thousand keys at start would feel.
bool verifies_itself(const auth::KeyOperation& signing, EVP_PKEY* key,
                     SigningAlgorithm algorithm) {
  const std::string digest(32, 'd');
  const auto verifying = auth::KeyOperation::prepare(key, auth::type_for(algorithm),
                                                     auth::KeyOperation::Kind::verify);
  const bool sound = verifying && verifying->verify(digest, signing.sign(digest));
  ERR_clear_error();
  return sound;
}

int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

/// Whatever form OpenSSL reads.
Result<PlainKey, PrivateKeyFault> read_any_key(std::string_view pem) {
  const Owned<BIO> in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!in) throw std::bad_alloc{};
  bool password_asked = false;
  Owned<EVP_PKEY> key{
      PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, &password_asked)};
  ERR_clear_error();
  if (password_asked) return Unexpected{PrivateKeyFault::encrypted};
  if (!key) return Unexpected{PrivateKeyFault::not_pem};
  const auto type = EVP_PKEY_get_base_id(key.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_ED25519)
    return Unexpected{PrivateKeyFault::wrong_type};
  return PlainKey{std::move(key), type == EVP_PKEY_RSA ? SigningAlgorithm::rsa_sha256
                                                       : SigningAlgorithm::ed25519_sha256};
}

}  // namespace

Result<std::shared_ptr<const ports::PrivateKey>, PrivateKeyFault> parse_private_key(
    std::string_view pem) {
  if (pem.size() > pem_limit) return Unexpected{PrivateKeyFault::not_pem};
  auto plain = read_plain_key(pem);
  const bool is_known_to_be_sound = plain.has_value();
  if (!plain) {
    auto read = read_any_key(pem);
    if (!read) return Unexpected{read.fault()};
    plain = std::move(*read);
  }
  auto* const key = plain->key.get();
  if (plain->algorithm == SigningAlgorithm::rsa_sha256 &&
      static_cast<unsigned>(EVP_PKEY_get_bits(key)) < least_rsa_bits)
    return Unexpected{PrivateKeyFault::too_small};
  auto signing = auth::KeyOperation::prepare(key, auth::type_for(plain->algorithm),
                                             auth::KeyOperation::Kind::sign);
  if (!signing ||
      (!is_known_to_be_sound && !verifies_itself(*signing, key, plain->algorithm)))
    return Unexpected{PrivateKeyFault::inconsistent};
  return std::make_shared<const EvpKey>(std::move(*plain), std::move(*signing));
}

std::string_view to_text(PrivateKeyFault fault) noexcept {
  switch (fault) {
    case PrivateKeyFault::not_pem:
      return "no private key in PEM";
    case PrivateKeyFault::encrypted:
      return "encrypted with a password, which nobody could type at every start";
    case PrivateKeyFault::wrong_type:
      return "neither an RSA nor an Ed25519 key";
    case PrivateKeyFault::too_small:
      return "an RSA key of less than 1024 bits, which receivers must refuse";
    case PrivateKeyFault::inconsistent:
      return "a key whose numbers do not belong together";
  }
  unreachable();
}

}  // namespace milterward::sign
