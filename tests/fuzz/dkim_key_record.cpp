// SPDX-License-Identifier: Apache-2.0
// Any octets are a key record. A key that can be decoded writes itself as a record that
// means the same key.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/public_key.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward::auth;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto record = parse_key_record(text);
  if (!record) return 0;
  const auto key = PublicKey::decode(*record);
  if (!key) return 0;
  const auto again = parse_key_record(
      "v=DKIM1; k=" + std::string{record->type == KeyType::rsa ? "rsa" : "ed25519"} +
      "; p=" + encode_base64(key->record_octets()));
  if (!again) std::abort();
  const auto same = PublicKey::decode(*again);
  if (!same || same->bits() != key->bits() || same->record_octets() != key->record_octets())
    std::abort();
  if (key->verifies(std::string(32, 'x'), text.substr(0, 256))) std::abort();
  return 0;
}
