// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/openssl_owner.h"

#include <openssl/bio.h>
#include <openssl/evp.h>

namespace milterward::sign {

void Free::operator()(bio_st* bio) const noexcept { BIO_free_all(bio); }
void Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }
void Free::operator()(evp_pkey_ctx_st* context) const noexcept {
  EVP_PKEY_CTX_free(context);
}

}  // namespace milterward::sign
