// SPDX-License-Identifier: Apache-2.0
// Log events as text, while it lives: "dns.failing servers=... reason=...".
#pragma once

#include <string>
#include <vector>

#include "policy/base/guarded.h"
#include "policy/base/sink.h"

namespace milterward::tests {

class RecordedEvents final : public Sink {
 public:
  RecordedEvents() { set_sink(this); }
  ~RecordedEvents() override { set_sink(nullptr); }
  RecordedEvents(const RecordedEvents&) = delete;
  RecordedEvents& operator=(const RecordedEvents&) = delete;

  void write(Event event, const std::vector<LogField>& fields) noexcept override {
    std::string text{row_of(event).name};
    for (const auto& field : fields)
      text += " " + std::string{field.name} + "=" + field.value;
    texts_.with([&](auto& texts) { texts.push_back(std::move(text)); });
  }

  std::vector<std::string> texts() const {
    return texts_.with([](const auto& texts) { return texts; });
  }

 private:
  Guarded<std::vector<std::string>> texts_;
};

}  // namespace milterward::tests
