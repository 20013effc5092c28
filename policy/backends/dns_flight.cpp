// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_flight.h"

namespace milterward::backends {

ports::DnsResult DnsFlight::wait(Deadline deadline) {
  std::unique_lock lock{mutex_};
  if (!completed_.wait_until(lock, deadline.at(), [&] { return result_.has_value(); }))
    return Unexpected{ports::DnsFault::timed_out};
  return *result_;
}

void DnsFlight::complete(const ports::DnsResult& result) {
  {
    const std::lock_guard lock{mutex_};
    if (result_) return;
    result_ = result;
  }
  completed_.notify_all();
}

}  // namespace milterward::backends
