// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/versions.h"

using _Bool = bool;  // libopendkim's header takes C++ to have it
#include <opendkim/dkim.h>
#include <openssl/crypto.h>
#include <unbound.h>

#include <fmt/format.h>

namespace milterward::backends {
namespace {

/// 0x020b0000 is 2.11.0.0.
std::string dotted(unsigned long version) {
  return fmt::format("{}.{}.{}.{}", version >> 24U, (version >> 16U) & 0xffU,
                     (version >> 8U) & 0xffU, version & 0xffU);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  return {{"libopendkim", dotted(dkim_libversion())},
          {"libunbound", ub_version()},
          {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}};
}

}  // namespace milterward::backends
