// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/plain_key.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace milterward::sign {
namespace {

using ports::SigningAlgorithm;
using Octets = std::span<const unsigned char>;

constexpr std::string_view pkcs8_name = "PRIVATE KEY";
constexpr std::string_view pkcs1_name = "RSA PRIVATE KEY";
constexpr std::size_t ed25519_size = 32;

template <auto Function>
struct FreeBy {
  void operator()(auto* object) const noexcept { Function(object); }
};
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_clear_free>>;
using NumberDesk = std::unique_ptr<BN_CTX, FreeBy<BN_CTX_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, FreeBy<ASN1_STRING_clear_free>>;
using KeyInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeBy<PKCS8_PRIV_KEY_INFO_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>>;

/// They hold the key.
void wipe_and_free(OSSL_PARAM* parameters) noexcept {
  for (auto* one = parameters; one != nullptr && one->key != nullptr; ++one)
    OPENSSL_cleanse(one->data, one->data_size);
  OSSL_PARAM_free(parameters);
}
using Parameters = std::unique_ptr<OSSL_PARAM, FreeBy<wipe_and_free>>;

/// What stands in a block of PEM, wiped when it goes.
class Block {
 public:
  /// The first of `pem`.
  explicit Block(std::string_view pem) {
    const Owned<BIO> in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (in && PEM_read_bio(in.get(), &name_, &header_, &octets_, &size_) != 1) size_ = 0;
  }
  ~Block() {
    OPENSSL_free(name_);
    OPENSSL_free(header_);
    OPENSSL_clear_free(octets_, static_cast<std::size_t>(size_));
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  std::string_view name() const noexcept { return name_ == nullptr ? "" : name_; }
  /// Of a cipher, say.
  bool has_header() const noexcept { return header_ != nullptr && *header_ != '\0'; }
  Octets octets() const noexcept { return {octets_, static_cast<std::size_t>(size_)}; }

 private:
  char* name_ = nullptr;
  char* header_ = nullptr;
  unsigned char* octets_ = nullptr;
  long size_ = 0;
};

/// RFC 8017 appendix A.1.2.
struct RsaNumbers {
  Number n, e, d, p, q, dp, dq, q_inverse;
};

Number read_number(const unsigned char*& at, const unsigned char* end) {
  const Integer integer{d2i_ASN1_INTEGER(nullptr, &at, end - at)};
  return Number{integer ? ASN1_INTEGER_to_BN(integer.get(), nullptr) : nullptr};
}

std::optional<RsaNumbers> read_rsa(Octets octets) {
  const auto* at = octets.data();
  const auto* const end = at + octets.size();
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  const auto flags =
      ASN1_get_object(&at, &length, &tag, &tag_class, static_cast<long>(octets.size()));
  if (flags != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || length != end - at)
    return std::nullopt;
  const auto version = read_number(at, end);
  if (!version || !BN_is_zero(version.get())) return std::nullopt;  // 1: further primes
  RsaNumbers numbers;
  for (auto* number : {&numbers.n, &numbers.e, &numbers.d, &numbers.p, &numbers.q,
                       &numbers.dp, &numbers.dq, &numbers.q_inverse}) {
    *number = read_number(at, end);
    if (!*number || BN_is_negative(number->get()) || BN_is_zero(number->get()))
      return std::nullopt;
  }
  if (at != end) return std::nullopt;
  return numbers;
}

/// Is (left * right) modulo (prime - 1) one, and `reduced` what `right` is there?
bool is_inverse_below(const BIGNUM* left, const BIGNUM* right, const BIGNUM* prime,
                      const BIGNUM* reduced, BN_CTX* desk) {
  const Number below{BN_dup(prime)};
  const Number result{BN_new()};
  return below && result && BN_sub_word(below.get(), 1) == 1 && !BN_is_zero(below.get()) &&
         BN_mod_mul(result.get(), left, right, below.get(), desk) == 1 &&
         BN_is_one(result.get()) && BN_nnmod(result.get(), right, below.get(), desk) == 1 &&
         BN_cmp(result.get(), reduced) == 0;
}

bool belong_together(const RsaNumbers& key) {
  const NumberDesk desk{BN_CTX_new()};
  const Number result{BN_new()};
  return desk && result &&
         BN_mul(result.get(), key.p.get(), key.q.get(), desk.get()) == 1 &&
         BN_cmp(result.get(), key.n.get()) == 0 &&
         is_inverse_below(key.e.get(), key.d.get(), key.p.get(), key.dp.get(),
                          desk.get()) &&
         is_inverse_below(key.e.get(), key.d.get(), key.q.get(), key.dq.get(),
                          desk.get()) &&
         BN_mod_mul(result.get(), key.q_inverse.get(), key.q.get(), key.p.get(),
                    desk.get()) == 1 &&
         BN_is_one(result.get());
}

Owned<EVP_PKEY> made_of(const RsaNumbers& key) {
  const Builder builder{OSSL_PARAM_BLD_new()};
  const Owned<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  if (!builder || !context) return nullptr;
  const auto add = [&](const char* name, const Number& number) {
    return OSSL_PARAM_BLD_push_BN(builder.get(), name, number.get()) == 1;
  };
  if (!add(OSSL_PKEY_PARAM_RSA_N, key.n) || !add(OSSL_PKEY_PARAM_RSA_E, key.e) ||
      !add(OSSL_PKEY_PARAM_RSA_D, key.d) || !add(OSSL_PKEY_PARAM_RSA_FACTOR1, key.p) ||
      !add(OSSL_PKEY_PARAM_RSA_FACTOR2, key.q) ||
      !add(OSSL_PKEY_PARAM_RSA_EXPONENT1, key.dp) ||
      !add(OSSL_PKEY_PARAM_RSA_EXPONENT2, key.dq) ||
      !add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, key.q_inverse))
    return nullptr;
  const Parameters parameters{OSSL_PARAM_BLD_to_param(builder.get())};
  EVP_PKEY* made = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
    return nullptr;
  return Owned<EVP_PKEY>{made};
}

Owned<EVP_PKEY> rsa_key(Octets octets) {
  const auto numbers = read_rsa(octets);
  return numbers && belong_together(*numbers) ? made_of(*numbers) : nullptr;
}

/// RFC 8410 section 7: an OCTET STRING in the octets. Its public half is computed.
Owned<EVP_PKEY> ed25519_key(Octets octets) {
  if (octets.size() != ed25519_size + 2 || octets[0] != V_ASN1_OCTET_STRING ||
      octets[1] != ed25519_size)
    return nullptr;
  return Owned<EVP_PKEY>{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                      octets.data() + 2, ed25519_size)};
}

std::optional<PlainKey> from_pkcs8(Octets octets) {
  const auto* at = octets.data();
  const KeyInfo parsed{
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(octets.size()))};
  const ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* inner = nullptr;
  int size = 0;
  if (!parsed || at != octets.data() + octets.size() ||
      PKCS8_pkey_get0(&algorithm, &inner, &size, nullptr, parsed.get()) != 1 || size < 0)
    return std::nullopt;
  const Octets content{inner, static_cast<std::size_t>(size)};
  switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
      return PlainKey{rsa_key(content), SigningAlgorithm::rsa_sha256};
    case NID_ED25519:
      return PlainKey{ed25519_key(content), SigningAlgorithm::ed25519_sha256};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<PlainKey> read_plain_key(std::string_view pem) {
  const Block block{pem};
  std::optional<PlainKey> read;
  if (!block.has_header() && block.name() == pkcs8_name)
    read = from_pkcs8(block.octets());
  else if (!block.has_header() && block.name() == pkcs1_name)
    read = PlainKey{rsa_key(block.octets()), SigningAlgorithm::rsa_sha256};
  ERR_clear_error();
  if (!read || !read->key) return std::nullopt;
  return read;
}

}  // namespace milterward::sign
