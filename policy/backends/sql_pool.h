// SPDX-License-Identifier: Apache-2.0
// Asks a database on threads of its own. A message waits until its deadline and leaves; the
// thread goes on waiting for the database. No time limit of any client library holds
// against a server that takes a question and then stands still (its kernel goes on
// acknowledging): such a thread is abandoned, told in the log and counted, and another one
// takes its place, as long as not more hang than there are threads. One that comes back
// ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "policy/backends/sql_module.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"

namespace milterward::backends {

enum class SqlFault {
  failed,    // the database said no, or cannot be reached
  too_late,  // no answer before the deadline
  busy,      // too many questions wait, or too many threads hang
};

class SqlPool {
 public:
  using Connect = std::function<SqlConnected()>;

  struct Limits {
    std::size_t threads = 1;
    std::chrono::milliseconds timeout{};  // after twice as long a thread hangs
  };

  /// Threads and connections are made when they are first needed.
  SqlPool(Connect connect, Limits limits, std::shared_ptr<const Clock> clock);
  /// Waits for threads that are about to answer; hanging ones are left behind.
  ~SqlPool();
  SqlPool(const SqlPool&) = delete;
  SqlPool& operator=(const SqlPool&) = delete;

  /// Blocks until the answer or the deadline.
  Result<SqlAnswer, SqlFault> ask(SqlQuestion question, Deadline deadline);

  /// Threads that hang in the database now.
  std::size_t hanging() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace milterward::backends
