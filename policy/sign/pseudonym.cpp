// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/pseudonym.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::sign {
namespace {

/// 64 bits: nobody confuses two people, and the address stays short.
constexpr std::size_t hash_octets = 8;
/// Nothing else is hashed with that key under this beginning.
std::string_view purpose_of(PseudonymUse use) noexcept {
  switch (use) {
    case PseudonymUse::journal:
      return "journal address\n";
    case PseudonymUse::report:
      return "report address\n";
  }
  unreachable();
}

bool is_pseudonym(std::string_view local_part) {
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return local_part.size() == 1 + 2 * hash_octets && local_part[0] == '~' &&
         std::ranges::all_of(local_part.substr(1), is_hex);
}

}  // namespace

std::string pseudonym_of(std::string_view address, const TraceSecret& secret,
                         PseudonymUse use) {
  const auto at = std::min(address.rfind('@'), address.size());
  const auto local_part = address.substr(0, at);
  if (local_part.empty() || is_pseudonym(local_part)) return std::string{address};
  const auto text = std::string{purpose_of(use)} + to_lower(address);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return fmt::format("~{:02x}{}", fmt::join(mac.begin(), mac.begin() + hash_octets, ""),
                     address.substr(at));
}

}  // namespace milterward::sign
