// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace milterward::auth {

/// Text as OpenSSL takes it.
inline const unsigned char* octets_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace milterward::auth
