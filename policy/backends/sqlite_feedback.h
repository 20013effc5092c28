// SPDX-License-Identifier: Apache-2.0
// Reports of this host in SQLite, written by the daemon and by `milterward report ingest`.
// Opened when the first report comes, and again after a failure; one that is damaged is
// moved aside (FILE.damaged) and begun anew.
#pragma once

#include <optional>
#include <string>

#include "policy/backends/feedback_file.h"
#include "policy/ports/feedback_store.h"

namespace milterward::backends {

/// Used by one thread.
class SqliteFeedback final : public ports::FeedbackStore {
 public:
  explicit SqliteFeedback(std::string path) : path_(std::move(path)) {}

  Result<ports::Kept, std::string> add(const ports::FeedbackReport& report,
                                       const ports::FeedbackOrigin& origin) override;
  Result<std::size_t, std::string> tidy(WallTime oldest, std::size_t octets) override;

 private:
  std::string open();
  template <class Answer, class Work>
  Result<Answer, std::string> with_file(Work work);

  const std::string path_;
  std::optional<FeedbackFile> file_;
};

}  // namespace milterward::backends
