// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/seed.h"

#include "policy/auth/dkim/base64.h"

namespace milterward::commands {
namespace {

constexpr std::size_t seed_size = 32;

/// PrivateKeyInfo, version 0, id-Ed25519, and the head of the octet string around the seed
/// (RFC 8410 section 10.3 shows one).
constexpr std::string_view before_seed{
    "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16};

}  // namespace

std::optional<std::string> pem_of_seed(std::string_view text) {
  const auto seed = auth::decode_base64(text);
  if (!seed || seed->size() != seed_size) return std::nullopt;
  return "-----BEGIN PRIVATE KEY-----\n" +
         auth::encode_base64(std::string{before_seed} + *seed) +
         "\n-----END PRIVATE KEY-----\n";
}

}  // namespace milterward::commands
