// SPDX-License-Identifier: Apache-2.0
// Databases by SOCI, in a module of its own (module.h). SOCI has one for each engine in
// turn, and opens it by name. It knows no deadlines and blocks as long as the engine does;
// sql_pool.h is what lives with that.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/settings/sql.h"
#include "policy/backends/module.h"
#include "policy/base/result.h"

namespace milterward::backends {

/// Of each row the first column, NULL left out. Where several columns are asked for, those
/// of each row one after the other, and NULL is "".
using SqlAnswer = std::vector<std::string>;

struct SqlQuestion {
  std::string query;                                        // with places such as :domain
  std::vector<std::pair<std::string, std::string>> values;  // of all places in it
  std::size_t columns = 1;                                  // the first ones
};

/// One connection, for one thread at a time.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  /// Blocks. The fault is the engine's own sentence.
  virtual Result<SqlAnswer, std::string> ask(const SqlQuestion& question) = 0;
};

using SqlConnected = Result<std::unique_ptr<SqlConnection>, std::string>;

/// What the module exports, under the name `milterward_sql`.
struct SqlModule {
  const char* build;                                           // MILTERWARD_VERSION
  SqlConnected (*connect)(const conf::SqlSettings& settings);  // blocks
};

Result<const SqlModule*, conf::Complaint> open_sql_module(
    const std::vector<std::filesystem::path>& directories = module_directories());

}  // namespace milterward::backends
