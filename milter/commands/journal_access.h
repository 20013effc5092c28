// SPDX-License-Identifier: Apache-2.0
// What the commands share that look into the journal: which file it is, how addresses are
// written in it, and times as people give them. Only the wiring names backends, so main
// hands in who opens the file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/ports/journal.h"
#include "policy/sign/trace.h"

namespace milterward::commands {

struct JournalTools {
  template <class Port>
  using Open =
      std::function<Result<std::unique_ptr<Port>, std::string>(const std::string& path)>;
  Open<ports::JournalReader> open_to_read;
  Open<ports::JournalEraser> open_to_erase;
  /// That of trace.secret_file; nothing where there is none that we may read.
  std::function<std::optional<sign::TraceSecret>(const conf::Config&)> secret;
};

struct JournalPlace {
  std::string config_file;
  std::string file;  // "": journal.file
};

/// The file to look into; nothing after the fault went to standard error. Throws
/// ConfigError for a configuration that cannot be used.
struct FoundJournal {
  conf::Config config;
  std::string file;
};
std::optional<FoundJournal> find_journal(const JournalPlace& place, const char* command);

/// The address in lower case, and as it is written where local parts are hashed.
std::vector<std::string> spellings_of(std::string_view address, const conf::Config& config,
                                      const JournalTools& tools);

/// "2h", "3d", "20m" before `now`, or "2026-11-23", "2026-11-23 19:31[:05]" in UTC.
std::optional<WallTime> parse_time(std::string_view text, WallTime now);

/// All of it as a JSON object in ASCII, with its story where one is given; on one line for
/// an indent of -1.
std::string journal_json(const ports::JournalEntry& entry,
                         const std::vector<std::string>& story, int indent);

}  // namespace milterward::commands
