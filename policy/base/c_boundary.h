// SPDX-License-Identifier: Apache-2.0
// The only place besides main where exceptions end. No exception may cross a C frame, so
// every function handed to a C library runs its work in here.
#pragma once

namespace milterward {

/// Logs the exception being handled as callback.failed; call it in a catch block only. What
/// it is about may be that there is no memory: then nothing is logged where that needs any.
void report_callback_failure(const char* where) noexcept;

/// Runs `work`; what it throws is logged as callback.failed, and the caller gets
/// `if_it_throws`.
template <class R, class Work>
R at_c_boundary(const char* where, R if_it_throws, const Work& work) noexcept try {
  return work();
} catch (...) {
  report_callback_failure(where);
  return if_it_throws;
}

}  // namespace milterward
