// SPDX-License-Identifier: Apache-2.0
// What the two commands about reports of others share. Only the wiring names backends, so
// main hands in who opens the file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "milter/commands/explain.h"
#include "policy/base/result.h"
#include "policy/ports/feedback_store.h"

namespace milterward::commands {

struct FeedbackTools {
  std::function<std::unique_ptr<ports::FeedbackStore>(const std::string& path)>
      open_to_write;
  std::function<Result<std::unique_ptr<ports::FeedbackReader>, std::string>(
      const std::string& path)>
      open_to_read;
  /// Started as root: become the daemon's user, who shall own the file. "" or why not.
  std::function<std::string(const conf::Config& config)> become_the_daemon;
};

struct IngestArguments {
  std::vector<std::string> files;  // "-" for standard input; none: that
  Output output = Output::text;
};

/// `failed` when a report could not be read or kept; the others are kept all the same.
int ingest_reports(const IngestArguments& arguments, const conf::Config& config,
                   const FeedbackTools& tools);

struct ReceivedArguments {
  std::string domain;  // "": all
  unsigned days = 30;
  std::size_t top = 10;  // sources shown of each domain
  Output output = Output::text;
};

/// `failed` when nothing was reported.
int show_received(const ReceivedArguments& arguments, const conf::Config& config,
                  const FeedbackTools& tools);

}  // namespace milterward::commands
