// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/digest.h"

#include <openssl/evp.h>

#include <new>

namespace milterward::auth {
namespace {

/// Fetched once: EVP_sha256() would look the implementation up for every message.
const EVP_MD* algorithm() {
  static const std::shared_ptr<EVP_MD> fetched{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                               EVP_MD_free};
  return fetched.get();
}

}  // namespace

void Sha256::Free::operator()(EVP_MD_CTX* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) != 1)
    throw std::bad_alloc{};
}

void Sha256::update(std::string_view octets) {
  EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
}

std::string Sha256::finish() {
  std::string digest(32, '\0');
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                     nullptr);
  return digest;
}

}  // namespace milterward::auth
