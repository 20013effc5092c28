// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/status_module.h"

namespace milterward::backends {

Result<const StatusModule*, conf::Complaint> open_status_module(
    const std::vector<std::filesystem::path>& directories) {
  const auto opened =
      open_module({"milterward-status.so", "milterward_status", "milterward",
                   "libcpp-httplib0.11, libprometheus-cpp-core1.0", "or write \"\""},
                  directories);
  if (!opened) return Unexpected{opened.fault()};
  return static_cast<const StatusModule*>(*opened);
}

}  // namespace milterward::backends
