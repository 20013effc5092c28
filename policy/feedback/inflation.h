// SPDX-License-Identifier: Apache-2.0
// Deflated octets (RFC 1951), raw or within gzip (RFC 1952) or zlib (RFC 1950), inflated
// under a limit. Stands alone so that the reader of archives knows nothing of zlib.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::feedback {

enum class Wrapping {
  raw,
  gzip_or_zlib,
};

struct Inflated {
  std::string octets;
  std::size_t consumed = 0;  // of what was packed
};

/// The first stream in `packed`; what stands behind it is left. The fault is a sentence.
Result<Inflated, std::string> inflate(std::string_view packed, Wrapping wrapping,
                                      std::size_t limit);

}  // namespace milterward::feedback
