// SPDX-License-Identifier: Apache-2.0
// Any octets are a From field: authors with a domain each, or a fault with a reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/mail/author.h"
#include "policy/mail/received.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto authors = milterward::parse_authors(text);
  if (!authors && authors.fault().reason.empty()) std::abort();
  if (authors) {
    if (authors->empty() || authors->size() > milterward::author_limit) std::abort();
    for (const auto& author : *authors)
      if (author.domain.empty()) std::abort();
  }
  const auto client = milterward::parse_received(text);
  if (client && !client->address.known()) std::abort();
  return 0;
}
