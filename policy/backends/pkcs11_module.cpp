// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/pkcs11_module.h"

namespace milterward::backends {

Result<const Pkcs11Module*, conf::Complaint> open_pkcs11_module(
    const std::vector<std::filesystem::path>& directories) {
  const auto opened =
      open_module({"milterward-pkcs11.so", "milterward_pkcs11", "milterward-pkcs11",
                   "libp11-kit0", "or write \"\" and keep keys in files"},
                  directories);
  if (!opened) return Unexpected{opened.fault()};
  return static_cast<const Pkcs11Module*>(*opened);
}

}  // namespace milterward::backends
