// SPDX-License-Identifier: Apache-2.0
// What does a key record say, and may this signature use it? RFC 6376 sections 3.6.1 and
// 6.1.2, RFC 8301 section 3.2 (RSA of 1024 bits and more), RFC 8463 section 4 (Ed25519).
#pragma once

#include <string>
#include <string_view>

#include "policy/auth/dkim/signature.h"
#include "policy/base/result.h"

namespace milterward::auth {

enum class KeyType { rsa, ed25519 };
KeyType type_for(ports::SigningAlgorithm algorithm);

struct KeyRecord {
  KeyType type = KeyType::rsa;      // k=
  std::string public_key;           // p=, octets as published
  bool accepts_sha256 = true;       // h=
  bool is_for_mail = true;          // s=
  bool is_testing = false;          // t=y
  bool forbids_subdomains = false;  // t=s

  bool operator==(const KeyRecord&) const = default;
};

enum class KeyRecordFault {
  malformed,
  version_not_first,
  unknown_version,
  unknown_type,
  no_key,
  revoked,
  bad_base64,
};
std::string_view to_text(KeyRecordFault fault) noexcept;

/// Reads the text of a TXT record, its strings joined. A record beginning with another
/// version is not a key record at all.
Result<KeyRecord, KeyRecordFault> parse_key_record(std::string_view text);

enum class KeyMisuse { wrong_type, wrong_hash, not_for_mail, subdomain };
std::string_view to_text(KeyMisuse misuse) noexcept;

/// The record's own conditions on a signature: a= against k= and h=, service, i= under t=s.
/// `true` when all are met.
Result<bool, KeyMisuse> permits(const KeyRecord& record, const Signature& signature);

}  // namespace milterward::auth
