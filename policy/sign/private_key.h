// SPDX-License-Identifier: Apache-2.0
// A private key read from PEM: PKCS#1 (RFC 8017 appendix A.1.2), PKCS#8 (RFC 5958), RSA or
// Ed25519 (RFC 8410). Parsed once, shared by all threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/base/result.h"
#include "policy/ports/dkim.h"

namespace milterward::sign {

enum class PrivateKeyFault { not_pem, encrypted, wrong_type, too_small, inconsistent };
std::string_view to_text(PrivateKeyFault fault) noexcept;

/// RSA of fewer than 1024 bits is refused (RFC 8301 section 3.2).
Result<std::shared_ptr<const ports::PrivateKey>, PrivateKeyFault> parse_private_key(
    std::string_view pem);

}  // namespace milterward::sign
