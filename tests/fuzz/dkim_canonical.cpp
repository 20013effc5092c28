// SPDX-License-Identifier: Apache-2.0
// Any octets are a body. Its first two choose how it is split; however that is, and with
// whatever operations on blocks, the canonical form is what a naive model of RFC 6376
// section 3.4 makes of the whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dkim/block_operations.h"
#include "policy/auth/dkim/canonical.h"
#include "tests/support/naive_canonical.h"

namespace {

using milterward::auth::BlockOperations;
using milterward::auth::CanonicalBody;
using milterward::auth::Canonicalization;

/// In memory of its own, so that a look beyond the chunk is seen.
void feed(CanonicalBody& body, std::string_view chunk) {
  const std::vector<char> own(chunk.begin(), chunk.end());
  body.feed({own.data(), own.size()});
}

std::string canonical(Canonicalization form, const BlockOperations& operations,
                      std::string_view body, std::size_t first, std::size_t chunk) {
  std::string out;
  CanonicalBody canonical{form, [&](std::string_view part) { out += part; }, operations};
  feed(canonical, body.substr(0, first));
  for (auto at = std::min(first, body.size()); at < body.size(); at += chunk)
    feed(canonical, body.substr(at, chunk));
  canonical.finish();
  if (canonical.length() != out.size()) std::abort();
  return out;
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t first = octets[0], chunk = octets[1] + 1U;
  const std::string_view body{reinterpret_cast<const char*>(octets) + 2, size - 2};
  for (const auto form : {Canonicalization::simple, Canonicalization::relaxed}) {
    const auto want = milterward::tests::naive_canonical_body(form, body);
    for (const auto& operations : milterward::auth::block_operations())
      if (canonical(form, operations, body, first, chunk) != want) std::abort();
  }
  return 0;
}
