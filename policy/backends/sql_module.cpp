// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sql_module.h"

namespace milterward::backends {

Result<const SqlModule*, conf::Complaint> open_sql_module(
    const std::vector<std::filesystem::path>& directories) {
  const auto opened = open_module({"milterward-sql.so", "milterward_sql", "milterward-sql",
                                   "libsoci-core4.0", "or write engine = \"none\""},
                                  directories);
  if (!opened) return Unexpected{opened.fault()};
  return static_cast<const SqlModule*>(*opened);
}

}  // namespace milterward::backends
