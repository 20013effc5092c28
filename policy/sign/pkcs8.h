// SPDX-License-Identifier: Apache-2.0
// A private key as text: PKCS#8 (RFC 5958) in PEM (RFC 7468).
#pragma once

#include <optional>

#include "policy/base/secret_text.h"

struct evp_pkey_st;

namespace milterward::sign {

/// Nothing when OpenSSL cannot; its queue of errors says why.
std::optional<SecretText> to_pkcs8(evp_pkey_st* key);

}  // namespace milterward::sign
