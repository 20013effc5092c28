// SPDX-License-Identifier: Apache-2.0
// How private keys in tokens are reached. [pkcs11]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace milterward::conf {

struct Pkcs11Settings {
  std::string module;                 // the library of the token; "" for none
  std::string pin_file;               // "" for tokens that ask for none
  std::size_t sessions;               // at once, of each token
  std::chrono::milliseconds timeout;  // for a free one
  bool operator==(const Pkcs11Settings&) const = default;
};

}  // namespace milterward::conf
