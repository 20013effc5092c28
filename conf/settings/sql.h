// SPDX-License-Identifier: Apache-2.0
// A database that knows domains, owners, classes and established accounts. [directory.sql]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace milterward::conf {

enum class SqlEngine { none, sqlite, postgresql, mysql };

struct SqlSettings {
  SqlEngine engine;
  std::string connection;    // in the words of the engine
  std::string domain_query;  // "": not asked
  std::string owner_query;
  std::string class_query;
  std::string established_query;
  std::string key_query;
  std::size_t threads;
  std::chrono::milliseconds timeout;   // for one question, connecting included
  std::chrono::milliseconds lifetime;  // of what was answered

  bool operator==(const SqlSettings&) const = default;
};

}  // namespace milterward::conf
