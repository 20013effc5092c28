// SPDX-License-Identifier: Apache-2.0
// Every log event, declared once: its name, its level and what it tells. `milterward
// list-events` and the manual print this table; tests/house fails when it is not
// documented.
#pragma once

#include <span>
#include <string_view>

namespace milterward {

enum class Level { debug, info, warning, error };

enum class Event {
  daemon_starting,
  daemon_ready,
  daemon_draining,
  daemon_stopped,
  daemon_failed,
  sandbox_unavailable,
  memory_not_locked,
  status_guessing,
  config_reloaded,
  config_kept,
  config_warning,
  milter_thread_fallback,
  connection_refused,
  message_decided,
  recipient_decided,
  recipient_refused,
  relay_doubtful,
  identity_mismatch,
  dnsbl_list_unusable,
  directory_sql_failing,
  directory_sql_recovered,
  directory_sql_hanging,
  directory_file_read,
  directory_file_kept,
  key_unusable,
  key_usable,
  key_state_changed,
  key_not_shown,
  key_server_behind,
  key_server_silent,
  key_care_failed,
  token_failing,
  token_recovered,
  signing_failed,
  sealing_failed,
  trace_key_created,
  dns_failing,
  dns_recovered,
  facts_not_written,
  journal_dropped,
  journal_trimmed,
  journal_failing,
  journal_recovered,
  journal_damaged,
  feedback_received,
  feedback_refused,
  feedback_dropped,
  feedback_failing,
  feedback_recovered,
  feedback_damaged,
  egress_known,
  egress_state_failing,
  egress_listed,
  egress_delisted,
  egress_name_broken,
  egress_name_mended,
  egress_unanswered,
  egress_hook_failed,
  report_made,
  report_sent,
  report_waits,
  report_failed,
  report_suppressed,
  report_rows_dropped,
  report_failures_left_out,
  report_file_failing,
  report_file_recovered,
  report_store_failing,
  report_alone,
  report_lost_in_store,
  store_may_evict,
  quota_warning,
  store_opened,
  store_damaged,
  store_failing,
  store_recovered,
  store_merged,
  account_changed,
  account_burst,
  account_trouble,
  warmup_waits,
  notify_failed,
  notify_dropped,
  notify_helper_gone,
  callback_failed,
};

struct EventRow {
  Event event;
  std::string_view name;
  Level level;
  std::string_view fields;  // in the order they are written, separated by blanks
  std::string_view help;
};

/// All events, in the order of the enumeration.
std::span<const EventRow> event_rows() noexcept;
const EventRow& row_of(Event event) noexcept;
std::string_view to_text(Level level) noexcept;

}  // namespace milterward
