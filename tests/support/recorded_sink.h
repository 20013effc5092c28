// SPDX-License-Identifier: Apache-2.0
// A sink that keeps what was written, for tests. Registers itself for its life time.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "policy/base/sink.h"

namespace milterward::tests {

class RecordedSink final : public Sink {
 public:
  RecordedSink() { set_sink(this); }
  ~RecordedSink() override { set_sink(nullptr); }
  RecordedSink(const RecordedSink&) = delete;
  RecordedSink& operator=(const RecordedSink&) = delete;

  void write(Event event, const std::vector<LogField>& fields) noexcept override {
    std::string line{row_of(event).name};
    for (const auto& field : fields)
      line += " " + std::string{field.name} + "=" + field.value;
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace milterward::tests
