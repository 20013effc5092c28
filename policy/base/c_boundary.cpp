// SPDX-License-Identifier: Apache-2.0
#include "policy/base/c_boundary.h"

#include <exception>
#include <string>

#include "policy/base/sink.h"

namespace milterward {
namespace {

std::string current_exception_text() try { throw; } catch (const std::exception& e) {
  return e.what();
} catch (...) {
  return "unknown exception";
}

}  // namespace

void report_callback_failure(const char* where) noexcept try {
  log_event(Event::callback_failed,
            {{"where", where}, {"reason", current_exception_text()}});
} catch (...) {  // no memory for the event either
}

}  // namespace milterward
