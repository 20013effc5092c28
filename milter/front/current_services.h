// SPDX-License-Identifier: Apache-2.0
// The services new connections begin with. A reload puts others in; connections that exist
// keep theirs.
#pragma once

#include <memory>
#include <utility>

#include "policy/base/guarded.h"
#include "policy/services.h"

namespace milterward::front {

class CurrentServices {
 public:
  explicit CurrentServices(std::shared_ptr<const Services> first)
      : services_(std::move(first)) {}

  std::shared_ptr<const Services> get() const {
    return services_.with([](const auto& services) { return services; });
  }
  void replace(std::shared_ptr<const Services> next) {
    services_.with([&](auto& services) { services.swap(next); });
  }  // the former ones die here, outside the lock

  /// Only in place of `former`: what a reload has put there since then stays.
  bool replace_if(const std::shared_ptr<const Services>& former,
                  std::shared_ptr<const Services> next) {
    return services_.with([&](auto& services) {
      if (services != former) return false;
      services.swap(next);
      return true;
    });
  }

 private:
  Guarded<std::shared_ptr<const Services>> services_;
};

}  // namespace milterward::front
