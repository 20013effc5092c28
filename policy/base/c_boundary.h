// SPDX-License-Identifier: Apache-2.0
// The only place besides main where exceptions end. No exception may cross a C frame, so
// every function handed to a C library runs its work in here.
#pragma once

#include <exception>
#include <string>

#include "policy/base/sink.h"

namespace milterward {

/// The text of the exception being handled; call it in a catch block only.
inline std::string current_exception_text() noexcept try {
  throw;
} catch (const std::exception& e) {
  return e.what();
} catch (...) {
  return "unknown exception";
}

/// Runs `work`; what it throws is logged as callback.failed, and the caller gets
/// `if_it_throws`.
template <class R, class Work>
R at_c_boundary(const char* where, R if_it_throws, Work work) noexcept try {
  return work();
} catch (...) {
  log_event(Event::callback_failed,
            {{"where", where}, {"reason", current_exception_text()}});
  return if_it_throws;
}

}  // namespace milterward
