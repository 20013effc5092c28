// SPDX-License-Identifier: Apache-2.0
// Where counts are kept. [store]
#pragma once

#include <chrono>
#include <string>

namespace milterward::conf {

/// What a count has to outlive before a message is accepted.
enum class StoreSync {
  process,  // the daemon's sudden death
  disk,     // the machine's
};

struct StoreSettings {
  std::string url;  // sqlite:/path
  std::chrono::milliseconds timeout;
  StoreSync sync;
  bool operator==(const StoreSettings&) const = default;
};

}  // namespace milterward::conf
