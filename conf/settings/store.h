// SPDX-License-Identifier: Apache-2.0
// Where counts are kept. [store]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace milterward::conf {

/// What a count has to outlive before a message is accepted.
enum class StoreSync {
  process,  // the daemon's sudden death
  disk,     // the machine's
};

/// What mail that is to be counted meets while a shared store is away.
enum class OnOutage {
  defer,
  local_share,  // each daemon counts alone, up to limit / hosts, and adds that later
};

struct StoreSettings {
  std::string url;  // conf/store_url.h
  std::chrono::milliseconds timeout;
  StoreSync sync;
  OnOutage on_outage;
  std::size_t hosts;  // daemons that share the store
  bool operator==(const StoreSettings&) const = default;
};

}  // namespace milterward::conf
