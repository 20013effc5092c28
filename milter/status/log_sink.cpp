// SPDX-License-Identifier: Apache-2.0
#include "milter/status/log_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/status/line.h"
#include "policy/base/unreachable.h"

namespace milterward::status {
namespace {

/// How long one line may wait for a slow reader.
constexpr int longest_wait_ms = 20;

int syslog_priority(Level level) {
  switch (level) {
    case Level::debug:
      return LOG_DEBUG;
    case Level::info:
      return LOG_INFO;
    case Level::warning:
      return LOG_WARNING;
    case Level::error:
      return LOG_ERR;
  }
  unreachable();
}

/// A file takes what is written to it at once; asking before each line would be a system
/// call for nothing.
bool standard_error_is_a_file() {
  struct stat status {};
  return ::fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

bool can_take_a_piece(int patience_ms) {
  pollfd slot{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&slot, 1, patience_ms) == 1 && (slot.revents & POLLOUT) != 0;
}

/// A pipe that polls as writable takes PIPE_BUF octets without blocking, so pieces of that
/// size never wait. Returns how much went out.
std::size_t write_patiently(std::string_view text, bool is_file, int patience_ms) {
  std::size_t done = 0;
  while (done < text.size() && (is_file || can_take_a_piece(patience_ms))) {
    const auto piece = std::min<std::size_t>(text.size() - done, PIPE_BUF);
    const auto written = ::write(STDERR_FILENO, text.data() + done, piece);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      break;
    }
  }
  return done;
}

/// The journal's field names: capitals, digits and underscores.
std::string journal_name(std::string_view name) {
  std::string result = "MILTERWARD_";
  for (const char c : name) {
    result += c >= 'a' && c <= 'z'     ? static_cast<char>(c - 'a' + 'A')
              : (c >= '0' && c <= '9') ? c
                                       : '_';
  }
  return result;
}

std::string journal_entry(Event event, const std::vector<LogField>& fields,
                          const std::string& line) {
  std::vector<std::pair<std::string, std::string>> entry{
      {"MESSAGE", line},
      {"PRIORITY", std::to_string(syslog_priority(row_of(event).level))},
      {"SYSLOG_IDENTIFIER", "milterward"},
      {"MILTERWARD_EVENT", std::string{row_of(event).name}}};
  for (const auto& field : fields)
    entry.emplace_back(journal_name(field.name), field.value.substr(0, longest_field));
  return journal_message(entry);
}

std::vector<LogField> with_dropped(std::vector<LogField> fields, std::uint64_t dropped) {
  fields.push_back({"dropped", std::to_string(dropped)});
  return fields;
}

/// As the target takes it.
std::string rendered(const conf::LogSettings& settings, Event event,
                     const std::vector<LogField>& fields) {
  switch (settings.target) {
    case conf::LogTarget::standard_error: {
      const std::array<LogField, 2> stamp{
          {{"time", timestamp(std::chrono::system_clock::now())},
           {"level", std::string{to_text(row_of(event).level)}}}};
      return line_of(settings.format, event, fields, stamp) + '\n';
    }
    case conf::LogTarget::syslog:
      return syslog_message(LOG_MAIL | syslog_priority(row_of(event).level),
                            line_of(settings.format, event, fields));
    case conf::LogTarget::journal:
      return journal_entry(event, fields, line_of(settings.format, event, fields));
  }
  unreachable();
}

/// With how many were dropped before, if any were. Nothing where there is no memory for it:
/// dropped, as said in sink.h.
std::optional<std::string> rendered_if_possible(const conf::LogSettings& settings,
                                                Event event,
                                                const std::vector<LogField>& fields,
                                                std::uint64_t dropped) noexcept {
  try {
    if (dropped == 0) return rendered(settings, event, fields);
    return rendered(settings, event, with_dropped(fields, dropped));
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

/// True when the whole line is out.
bool write_to_standard_error(bool& line_was_cut, bool is_file, int patience_ms,
                             std::string_view line) {
  if (line_was_cut) {
    if (write_patiently("\n", is_file, patience_ms) == 0) return false;
    line_was_cut = false;
  }
  const auto done = write_patiently(line, is_file, patience_ms);
  line_was_cut = done > 0 && done < line.size();
  return done == line.size();
}

}  // namespace

LogSink::LogSink(const conf::LogSettings& settings, std::string syslog, std::string journal)
    : standard_error_is_a_file_(standard_error_is_a_file()),
      settings_{std::make_shared<const conf::LogSettings>(settings)},
      state_{State{LogSocket{std::move(syslog)}, LogSocket{std::move(journal)}, false}} {
  ::openlog("milterward", LOG_PID, LOG_MAIL);  // for what libmilter itself has to say too
}

void LogSink::configure(const conf::LogSettings& settings) {
  settings_.with([&](auto& current) {
    current = std::make_shared<const conf::LogSettings>(settings);
  });
  state_.with([](State& state) {
    ::closelog();  // opened again by the next line
    state.syslog.close();
    state.journal.close();
  });
}

/// A reader that let one line down would let all threads wait for it in turn.
int LogSink::patience_ms() const noexcept { return dropped_ == 0 ? longest_wait_ms : 0; }

bool LogSink::emit(State& state, conf::LogTarget target,
                   std::string_view message) noexcept {
  switch (target) {
    case conf::LogTarget::standard_error:
      return write_to_standard_error(state.line_was_cut, standard_error_is_a_file_,
                                     patience_ms(), message);
    case conf::LogTarget::syslog:
      return state.syslog.send(message, patience_ms());
    case conf::LogTarget::journal:
      return state.journal.send(message, patience_ms());
  }
  unreachable();
}

/// Only written under the lock, and rendered before: threads would wait for each other. A
/// line that tells of others that were dropped knows how many only there.
void LogSink::write(Event event, const std::vector<LogField>& fields) noexcept {
  const auto settings = settings_.with([](const auto& current) { return current; });
  if (row_of(event).level < settings->level) return;
  std::optional<std::string> message;
  if (dropped_ == 0) message = rendered_if_possible(*settings, event, fields, 0);
  state_.with([&](State& state) {
    if (!message || dropped_ != 0)
      message = rendered_if_possible(*settings, event, fields, dropped_);
    const bool written = message && emit(state, settings->target, *message);
    dropped_ = written ? 0 : dropped_ + 1;
  });
}

}  // namespace milterward::status
