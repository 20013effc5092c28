// SPDX-License-Identifier: Apache-2.0
// Where the events of the process go: standard error, syslog or the journal. A reload
// changes target, format and level under way. Mail never waits for the log: a line that
// cannot be written within a moment is dropped, those behind it at once while that lasts,
// and the next one that can be written tells how many were, in a field `dropped`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/log.h"
#include "milter/status/log_socket.h"
#include "policy/base/guarded.h"
#include "policy/base/sink.h"

namespace milterward::status {

class LogSink final : public Sink {
 public:
  /// The paths are those of the host's log daemons, but in tests.
  explicit LogSink(const conf::LogSettings& settings, std::string syslog = syslog_path,
                   std::string journal = journal_path);

  /// From now on. Cheap; also the answer to a log that was rotated.
  void configure(const conf::LogSettings& settings);

  void write(Event event, const std::vector<LogField>& fields) noexcept override;

 private:
  struct State {
    LogSocket syslog, journal;
    bool line_was_cut = false;  // standard error: half a line is out
  };
  bool emit(State& state, conf::LogTarget target, std::string_view message) noexcept;
  int patience_ms() const noexcept;

  const bool standard_error_is_a_file_;
  Guarded<std::shared_ptr<const conf::LogSettings>> settings_;
  Guarded<State> state_;
  std::atomic<std::uint64_t> dropped_{0};  // since the last line that was written
};

}  // namespace milterward::status
