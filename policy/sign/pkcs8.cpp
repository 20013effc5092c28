// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/pkcs8.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "policy/sign/openssl_owner.h"

namespace milterward::sign {

std::optional<SecretText> to_pkcs8(evp_pkey_st* key) {
  // Secure memory: the buffer is wiped when freed.
  const Owned<BIO> out{BIO_new(BIO_s_secmem())};
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1)
    return std::nullopt;
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return SecretText{std::string_view{text, static_cast<std::size_t>(size)}};
}

}  // namespace milterward::sign
