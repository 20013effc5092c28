// SPDX-License-Identifier: Apache-2.0
// Which private key of which token? The path of a PKCS#11 URI (RFC 7512 section 2.3):
//     uri       = "pkcs11:" attribute *( ";" attribute )
//     attribute = name "=" value                  ; percent-encoded (RFC 3986 section 2.1)
//     name      = "token" / "manufacturer" / "model" / "serial" / "object" / "id" / "type"
// Each at most once, "type" only as "private", and "object" or "id" must be there. Slots
// are not named: a token may come back in another one. What RFC 7512 lets follow a "?" is
// refused: library and PIN stand in [pkcs11], a PIN in a file of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::conf {

/// What is not named may be anything.
struct Pkcs11Uri {
  std::optional<std::string> token, manufacturer, model, serial;  // of the token
  std::optional<std::string> object;                              // CKA_LABEL of the key
  std::optional<std::string> id;                                  // CKA_ID, octets
  bool operator==(const Pkcs11Uri&) const = default;
};

/// Is this meant as one, and not as a path?
inline bool is_pkcs11_uri(std::string_view text) noexcept {
  return text.starts_with("pkcs11:");
}

Result<Pkcs11Uri, Complaint> parse_pkcs11_uri(std::string_view text);

}  // namespace milterward::conf
