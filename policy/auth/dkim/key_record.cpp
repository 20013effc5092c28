// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/key_record.h"

#include <algorithm>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

// A TXT record of 64 strings; RSA-8192 needs a tenth of it.
constexpr std::size_t record_limit = 16'384;

bool lists(std::string_view entries, std::string_view wanted) {
  return std::ranges::count(colon_list(entries), wanted) > 0;
}

}  // namespace

KeyType type_for(ports::SigningAlgorithm algorithm) {
  switch (algorithm) {
    case ports::SigningAlgorithm::rsa_sha256:
      return KeyType::rsa;
    case ports::SigningAlgorithm::ed25519_sha256:
      return KeyType::ed25519;
  }
  unreachable();
}

Result<KeyRecord, KeyRecordFault> parse_key_record(std::string_view text) {
  if (text.size() > record_limit) return Unexpected{KeyRecordFault::malformed};
  const auto tags = TagList::parse(text);
  if (!tags) return Unexpected{KeyRecordFault::malformed};
  if (const auto version = tags->value("v")) {
    if (tags->tags().front().name != "v")
      return Unexpected{KeyRecordFault::version_not_first};
    if (*version != "DKIM1") return Unexpected{KeyRecordFault::unknown_version};
  }
  KeyRecord record;
  const auto type = tags->value("k").value_or("rsa");
  if (type == "ed25519")
    record.type = KeyType::ed25519;
  else if (type != "rsa")
    return Unexpected{KeyRecordFault::unknown_type};

  const auto key = tags->value("p");
  if (!key) return Unexpected{KeyRecordFault::no_key};
  if (key->empty()) return Unexpected{KeyRecordFault::revoked};
  auto octets = decode_base64(*key);
  if (!octets) return Unexpected{KeyRecordFault::bad_base64};
  record.public_key = std::move(*octets);

  if (const auto hashes = tags->value("h"))
    record.accepts_sha256 = lists(*hashes, "sha256");
  if (const auto services = tags->value("s"))
    record.is_for_mail = lists(*services, "*") || lists(*services, "email");
  if (const auto flags = tags->value("t")) {
    record.is_testing = lists(*flags, "y");
    record.forbids_subdomains = lists(*flags, "s");
  }
  return record;
}

Result<bool, KeyMisuse> permits(const KeyRecord& record, const Signature& signature) {
  if (!record.is_for_mail) return Unexpected{KeyMisuse::not_for_mail};
  if (!record.accepts_sha256) return Unexpected{KeyMisuse::wrong_hash};
  if (record.type != type_for(signature.algorithm))
    return Unexpected{KeyMisuse::wrong_type};
  if (record.forbids_subdomains && signature.identity_domain != signature.domain)
    return Unexpected{KeyMisuse::subdomain};
  return true;
}

std::string_view to_text(KeyRecordFault fault) noexcept {
  switch (fault) {
    case KeyRecordFault::malformed:
      return "key record is malformed";
    case KeyRecordFault::version_not_first:
      return "key record does not begin with v=";
    case KeyRecordFault::unknown_version:
      return "key record of an unknown version";
    case KeyRecordFault::unknown_type:
      return "key of an unknown type";
    case KeyRecordFault::no_key:
      return "key record without p=";
    case KeyRecordFault::revoked:
      return "key revoked";
    case KeyRecordFault::bad_base64:
      return "p= is not base64";
  }
  unreachable();
}

std::string_view to_text(KeyMisuse misuse) noexcept {
  switch (misuse) {
    case KeyMisuse::wrong_type:
      return "inappropriate key algorithm";
    case KeyMisuse::wrong_hash:
      return "inappropriate hash algorithm";
    case KeyMisuse::not_for_mail:
      return "key is not for mail";
    case KeyMisuse::subdomain:
      return "key forbids subdomains in i=";
  }
  unreachable();
}

}  // namespace milterward::auth
