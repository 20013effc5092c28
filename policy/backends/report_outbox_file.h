// SPDX-License-Identifier: Apache-2.0
// What a host of a site has to hand over, in the file of its reports (report_file.h), on a
// connection of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/backends/report_file.h"
#include "policy/ports/report_outbox.h"

namespace milterward::backends {

/// The outbox in the file at that path, made where there is none; a sentence why it cannot
/// be had.
Result<std::unique_ptr<ports::ReportOutbox>, std::string> open_report_outbox(
    const std::string& path);

/// Used by one thread.
class ReportOutboxFile final : public ports::ReportOutbox {
 public:
  explicit ReportOutboxFile(std::unique_ptr<ReportFile> file) : file_(std::move(file)) {}

  ports::Stored<std::size_t> seal(std::chrono::seconds time,
                                  std::chrono::seconds now) override;
  ports::Stored<std::optional<ports::HandedRows>> next(std::size_t most) override;
  ports::Stored<bool> offer(const ports::HandedRows& rows) override;
  ports::Stored<bool> handed_over(const ports::HandedRows& rows) override;
  ports::Stored<std::vector<ports::OpenReport>> keep_alone(
      std::chrono::seconds time) override;
  ports::Stored<std::vector<std::string>> returned() override;
  ports::Stored<bool> forget_returned(const std::string& mark) override;

 private:
  const std::unique_ptr<ReportFile> file_;
};

}  // namespace milterward::backends
