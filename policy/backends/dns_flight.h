// SPDX-License-Identifier: Apache-2.0
// One question under way and everybody who waits for it. It outlives the resolver that
// asked, since a `Pending` may be held for as long as its holder likes.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "policy/ports/resolver.h"

namespace milterward::backends {

class DnsFlight final : public ports::Pending::State {
 public:
  ports::DnsResult wait(Deadline deadline) override;

  /// Wakes all who wait. The first result stays; later ones are ignored.
  void complete(const ports::DnsResult& result);

 private:
  std::mutex mutex_;
  std::condition_variable completed_;
  std::optional<ports::DnsResult> result_;
};

}  // namespace milterward::backends
