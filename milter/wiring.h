// SPDX-License-Identifier: Apache-2.0
// Which backend answers which port? The only place that names them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "milter/commands/by_hand.h"
#include "milter/commands/keys.h"
#include "milter/commands/report_round.h"
#include "milter/notify/notifier.h"
#include "milter/status_service.h"
#include "policy/base/result.h"
#include "policy/ports/feedback_store.h"
#include "policy/ports/hook.h"
#include "policy/ports/metrics.h"
#include "policy/ports/state_file.h"
#include "policy/services.h"

namespace milterward {

/// What a private key that cannot be used means: a reload is refused, a start is not, since
/// mail must go on being served and sign.on_missing_key rules the mail of that domain.
enum class KeyPolicy { all_must_work, run_without };

class Wiring {
 public:
  /// What the services count in; null for nothing.
  explicit Wiring(std::shared_ptr<ports::Metrics> metrics = nullptr);

  /// Opens everything a configuration asks for: may read files (as the current user), make
  /// the trace secret, start threads. `former` are the services in force, or null: the DNS
  /// resolver and its cache go on living while [dns] stays the same. Faults are sentences
  /// for the postmaster; unusable keys are also logged as key.unusable when run without.
  Result<std::shared_ptr<const Services>, std::vector<std::string>> make_services(
      conf::Config config, KeyPolicy keys, const Services* former) const;

  /// Are there keys in tokens that cannot be used?
  static bool lacks_token_keys(const Services& services);
  /// The same services with those that can be used by now, each told as key.usable; null
  /// when there are none. Blocks for as long as the token's library does.
  std::shared_ptr<const Services> with_token_keys(const Services& services) const;

  /// The services for one look by hand: nothing is written, no trace is recognised, keys
  /// that cannot be read are missing, and `zone` answers for DNS when it is there.
  Result<std::shared_ptr<Services>, std::vector<std::string>> make_services_by_hand(
      const conf::Config& config, const std::optional<commands::ZoneFile>& zone) const;

  /// What is wrong with the private keys, the directory's files and the trust anchor that
  /// the configuration names.
  std::vector<conf::ConfigProblem> unusable_files(const conf::Config& config) const;

  /// The engines it chooses and that are not installed.
  std::vector<conf::ConfigProblem> unusable_engines(const conf::Config& config) const;

 private:
  const std::shared_ptr<ports::Metrics> metrics_;
  // Both remember keys across reloads.
  std::unique_ptr<const ports::KeySource> keys_;
  std::shared_ptr<auth::KeyCache> published_keys_;
};

/// The secret of trace.secret_file, where there is one that we may read; none is made.
std::optional<sign::TraceSecret> known_trace_secret(const conf::Config& config);

/// The journal at that path, for the tools. Faults are sentences that name the file.
Result<std::unique_ptr<ports::JournalReader>, std::string> open_journal_to_read(
    const std::string& path);
Result<std::unique_ptr<ports::JournalEraser>, std::string> open_journal_to_erase(
    const std::string& path);

Result<std::unique_ptr<ports::JournalCharts>, std::string> open_journal_charts(
    const std::string& path);

/// A short text kept at that path; null for "".
std::unique_ptr<ports::StateFile> open_state_file(const std::string& path);

/// Reports that are sent, in a file and in a store that hosts share.
commands::ReportTools report_tools();

/// What others reported, kept at that path: for who adds to it, and for who looks.
std::unique_ptr<ports::FeedbackStore> open_feedback_to_write(const std::string& path);
Result<std::unique_ptr<ports::FeedbackReader>, std::string> open_feedback_to_read(
    const std::string& path);

/// The processes that run the hook and post to the webhook. They are forks of this one:
/// call it before any thread is started and any key is read, and after root's rights are
/// gone.
Result<notify::Messengers, std::string> start_messengers();

/// Private keys below a directory (policy/backends/key_directory.h), to be read by this
/// user.
commands::KeyCabinet make_key_cabinet(const std::string& directory,
                                      const std::string& daemon_user);

/// A process that runs the hook of a chore: sign.publish_hook, preflight.watch_hook. As
/// start_messengers().
Result<std::unique_ptr<ports::Hook>, std::string> start_chore_hook();

/// The module of the status page.
Result<StatusTools, conf::Complaint> open_status_tools();

/// Libraries and their versions, as loaded; "not installed" for an engine that is not
/// there.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace milterward
