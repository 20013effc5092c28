// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/versions.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unbound.h>

#include "policy/backends/opendkim_engine.h"

namespace milterward::backends {
namespace {

/// 0x020b0000 is 2.11.0.0.
std::string dotted(unsigned long version) {
  return fmt::format("{}.{}.{}.{}", version >> 24U, (version >> 16U) & 0xffU,
                     (version >> 8U) & 0xffU, version & 0xffU);
}

std::string opendkim_version() {
  const auto module = open_opendkim_module();
  return module ? dotted((*module)->library_version()) : "not installed";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  return {{"libopendkim", opendkim_version()},
          {"libunbound", ub_version()},
          {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}};
}

}  // namespace milterward::backends
