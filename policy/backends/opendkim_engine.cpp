// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/opendkim_engine.h"

namespace milterward::backends {

Result<const OpendkimModule*, conf::Complaint> open_opendkim_module(
    const std::vector<std::filesystem::path>& directories) {
  const auto opened =
      open_module({"milterward-opendkim.so", "milterward_opendkim", "milterward-opendkim",
                   "libopendkim11", "or write engine = \"native\""},
                  directories);
  if (!opened) return Unexpected{opened.fault()};
  return static_cast<const OpendkimModule*>(*opened);
}

}  // namespace milterward::backends
