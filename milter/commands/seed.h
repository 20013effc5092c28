// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys as dkimpy keeps them: the 32 octets of the seed in base64 (RFC 8032 section
// 5.1.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace milterward::commands {

/// The same key as a PrivateKeyInfo in PEM (RFC 8410 section 7); nothing where the text is
/// no such seed.
std::optional<std::string> pem_of_seed(std::string_view text);

}  // namespace milterward::commands
