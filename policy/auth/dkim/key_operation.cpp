// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/key_operation.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <new>

#include "policy/auth/dkim/octets_of.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

unsigned char* room_in(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

void KeyOperation::Free::operator()(EVP_PKEY_CTX* context) const noexcept {
  EVP_PKEY_CTX_free(context);
}
void KeyOperation::Free::operator()(EVP_MD_CTX* context) const noexcept {
  EVP_MD_CTX_free(context);
}

KeyOperation::RsaContext KeyOperation::rsa_context(EVP_PKEY* key, Kind kind) {
  RsaContext context{EVP_PKEY_CTX_new(key, nullptr)};
  const auto begin = [&] {
    switch (kind) {
      case Kind::sign:
        return EVP_PKEY_sign_init(context.get());
      case Kind::verify:
        return EVP_PKEY_verify_init(context.get());
    }
    unreachable();
  };
  if (!context || begin() != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1)
    return nullptr;
  return context;
}

KeyOperation::Ed25519Context KeyOperation::ed25519_context(EVP_PKEY* key, Kind kind) {
  Ed25519Context context{EVP_MD_CTX_new()};
  const auto begin = [&] {
    switch (kind) {
      case Kind::sign:
        return EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key);
      case Kind::verify:
        return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key);
    }
    unreachable();
  };
  if (!context || begin() != 1) return nullptr;
  return context;
}

std::optional<KeyOperation> KeyOperation::prepare(EVP_PKEY* key, KeyType type, Kind kind) {
  KeyOperation operation;
  switch (type) {
    case KeyType::rsa:
      operation.rsa_ = rsa_context(key, kind);
      break;
    case KeyType::ed25519:
      operation.ed25519_ = ed25519_context(key, kind);
      break;
  }
  ERR_clear_error();  // the queue is per thread and nobody else's business
  if (!operation.rsa_ && !operation.ed25519_) return std::nullopt;
  operation.signature_size_ = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  return operation;
}

KeyOperation::RsaContext KeyOperation::rsa_copy() const {
  RsaContext copy{EVP_PKEY_CTX_dup(rsa_.get())};
  if (!copy) throw std::bad_alloc{};
  return copy;
}

KeyOperation::Ed25519Context KeyOperation::ed25519_copy() const {
  Ed25519Context copy{EVP_MD_CTX_new()};
  if (!copy || EVP_MD_CTX_copy_ex(copy.get(), ed25519_.get()) != 1) throw std::bad_alloc{};
  return copy;
}

std::string KeyOperation::sign(std::string_view digest) const {
  std::string signature(signature_size_, '\0');
  auto size = signature.size();
  const bool is_signed =
      1 == (rsa_ ? EVP_PKEY_sign(rsa_copy().get(), room_in(signature), &size,
                                 octets_of(digest), digest.size())
                 : EVP_DigestSign(ed25519_copy().get(), room_in(signature), &size,
                                  octets_of(digest), digest.size()));
  ERR_clear_error();
  signature.resize(is_signed ? size : 0);
  return signature;
}

bool KeyOperation::verify(std::string_view digest, std::string_view signature) const {
  const bool is_verified =
      1 == (rsa_ ? EVP_PKEY_verify(rsa_copy().get(), octets_of(signature), signature.size(),
                                   octets_of(digest), digest.size())
                 : EVP_DigestVerify(ed25519_copy().get(), octets_of(signature),
                                    signature.size(), octets_of(digest), digest.size()));
  ERR_clear_error();
  return is_verified;
}

}  // namespace milterward::auth
