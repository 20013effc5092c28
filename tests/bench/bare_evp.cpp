// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bare_evp.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdexcept>

namespace milterward::bench {
namespace {

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void insist(bool works) {
  if (!works) throw std::runtime_error("OpenSSL does not do the bare operation");
}

}  // namespace

BareSha256::BareSha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free),
      context_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
      digest_(32, '\0') {
  insist(algorithm_ && context_);
}

std::string_view BareSha256::digest(std::string_view octets) {
  EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
  EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
  EVP_DigestFinal_ex(context_.get(), octets_of(digest_), nullptr);
  return digest_;
}

BareKey::BareKey(EVP_PKEY* key, Use use)
    : signature_(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0') {
  const bool signs = use == Use::sign;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    rsa_ = {EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free};
    insist((signs ? EVP_PKEY_sign_init(rsa_.get()) : EVP_PKEY_verify_init(rsa_.get())) ==
           1);
    insist(EVP_PKEY_CTX_set_rsa_padding(rsa_.get(), RSA_PKCS1_PADDING) == 1);
    insist(EVP_PKEY_CTX_set_signature_md(rsa_.get(), EVP_sha256()) == 1);
  } else {
    ed25519_ = {EVP_MD_CTX_new(), EVP_MD_CTX_free};
    insist((signs ? EVP_DigestSignInit(ed25519_.get(), nullptr, nullptr, nullptr, key)
                  : EVP_DigestVerifyInit(ed25519_.get(), nullptr, nullptr, nullptr, key)) ==
           1);
  }
}

std::string_view BareKey::sign(std::string_view body, std::string_view header) {
  hash_.digest(body);
  const auto digest = hash_.digest(header);
  auto size = signature_.size();
  const bool is_signed =
      1 == (rsa_ ? EVP_PKEY_sign(rsa_.get(), octets_of(signature_), &size,
                                 octets_of(digest), digest.size())
                 : EVP_DigestSign(ed25519_.get(), octets_of(signature_), &size,
                                  octets_of(digest), digest.size()));
  return std::string_view{signature_}.substr(0, is_signed ? size : 0);
}

bool BareKey::verifies(std::string_view body, std::string_view header,
                       std::string_view body_digest, std::string_view signature) {
  if (hash_.digest(body) != body_digest) return false;
  const auto digest = hash_.digest(header);
  return 1 == (rsa_ ? EVP_PKEY_verify(rsa_.get(), octets_of(signature), signature.size(),
                                      octets_of(digest), digest.size())
                    : EVP_DigestVerify(ed25519_.get(), octets_of(signature),
                                       signature.size(), octets_of(digest), digest.size()));
}

}  // namespace milterward::bench
