// SPDX-License-Identifier: Apache-2.0
// Any octets are the value of a DKIM-Signature field. What is accepted keeps its promises:
// From is signed, i= lies within d=, the name of the key can be asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/auth/dkim/signature.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const milterward::WallTime today{std::chrono::seconds{1'790'000'000}};
  const auto signature = milterward::auth::parse_signature(text, today);
  if (!signature) {
    if (signature.fault().result == milterward::ports::DkimResult::pass ||
        signature.fault().reason.empty())
      std::abort();
    return 0;
  }
  if (!signature->signs("From") ||
      !signature->identity_domain.is_within(signature->domain) ||
      !milterward::Domain::parse(signature->key_name()) || signature->octets.empty() ||
      signature->body_hash.empty())
    std::abort();
  return 0;
}
