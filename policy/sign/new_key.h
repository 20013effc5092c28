// SPDX-License-Identifier: Apache-2.0
// A private key that nobody has seen before, as PKCS#8 in PEM (RFC 5958, RFC 7468).
#pragma once

#include <string>

#include "policy/base/result.h"
#include "policy/base/secret_text.h"
#include "policy/ports/dkim.h"

namespace milterward::sign {

/// RFC 8301 section 3.2 wants 2048 bits at least; the record of a key of more than 4096
/// does not fit into the UDP answer of many name servers.
inline constexpr unsigned least_new_rsa_bits = 2048;
inline constexpr unsigned most_new_rsa_bits = 4096;

/// `rsa_bits` is for RSA alone, within the limits above. The fault is a sentence. Takes up
/// to a second of processor time. Nothing else keeps the text.
Result<SecretText, std::string> make_private_key(ports::SigningAlgorithm algorithm,
                                                 unsigned rsa_bits = least_new_rsa_bits);

}  // namespace milterward::sign
