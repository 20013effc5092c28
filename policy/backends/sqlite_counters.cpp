// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite_counters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "policy/backends/counter_log.h"
#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::Seconds;
using ports::StoreFault;

constexpr std::int64_t format_version = 2;
constexpr mode_t file_mode = 0640;  // accounts and domains stand in it

constexpr auto between_checkpoints = 10s;
/// After a failure: each try leaves a log behind.
constexpr auto after_failure = 60s;

std::string cannot(const std::string& path, std::string_view do_what) {
  return fmt::format("{} cannot be {}: {}", path, do_what, std::strerror(errno));
}

/// SQLite gives the files beside the database its mode.
std::string make_file(const std::string& path) {
  const FileDescriptor file{
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, file_mode)};
  if (file) return {};
  return cannot(path, "opened") +
         "; its directory must exist and belong to the daemon's user";
}

std::string log_name(const std::string& path, std::uint64_t generation) {
  return fmt::format("{}.log.{}", path, generation);
}

/// The logs beside the database, by generation.
std::map<std::uint64_t, std::string> logs_of(const std::string& path) {
  std::map<std::uint64_t, std::string> logs;
  const auto beginning = std::filesystem::path{path}.filename().string() + ".log.";
  std::error_code error;
  using Entries = std::filesystem::directory_iterator;
  for (Entries entry{std::filesystem::path{path}.parent_path(), error};
       !error && entry != Entries{}; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!name.starts_with(beginning)) continue;
    std::uint64_t generation = 0;
    const auto* end = name.data() + name.size();
    const auto [stop, fault] =
        std::from_chars(name.data() + beginning.size(), end, generation);
    if (fault == std::errc{} && stop == end) logs[generation] = entry->path().string();
  }
  return logs;
}

ports::Granted granted_of(KeptSlice slice) {
  ports::Granted granted;
  granted.counter = std::move(slice.counter);
  granted.window = slice.window;
  granted.slice = slice.begin;
  granted.amount = slice.amount;
  return granted;
}

}  // namespace

Result<std::shared_ptr<SqliteCounters>, std::string> SqliteCounters::open(
    const std::string& path, conf::StoreSync sync, std::shared_ptr<const Clock> clock) {
  const auto lock_path = path + ".lock";
  FileDescriptor lock{
      ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, file_mode)};
  if (!lock)
    return Unexpected{"store.url: " + cannot(lock_path, "opened") +
                      "; its directory must exist and belong to the daemon's user"};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Unexpected{fmt::format(
        "store.url: {} belongs to another process; give each daemon a store of its own, or "
        "let them share one that is made for it",
        path)};
  if (auto fault = make_file(path); !fault.empty())
    return Unexpected{"store.url: " + std::move(fault)};
  std::shared_ptr<SqliteCounters> counters{
      new SqliteCounters{path, sync, std::move(clock), std::move(lock)}};
  auto fault = counters->load();
  if (fault.empty()) fault = counters->checkpoint();
  if (!fault.empty())
    return Unexpected{fmt::format(
        "store.url: {}: {}; move it away, and a new and empty one is made", path, fault)};
  counters->checkpoints_ =
      std::thread{[store = counters.get()] { store->checkpoint_until_the_end(); }};
  return counters;
}

SqliteCounters::SqliteCounters(std::string path, conf::StoreSync sync,
                               std::shared_ptr<const Clock> clock, FileDescriptor lock)
    : path_(std::move(path)),
      clock_(std::move(clock)),
      lock_(std::move(lock)),
      database_(path_),
      log_(sync) {}

SqliteCounters::~SqliteCounters() {
  {
    const std::lock_guard lock{ending_};
    is_ending_ = true;
  }
  ends_.notify_all();
  if (checkpoints_.joinable()) checkpoints_.join();
}

Result<ports::HitResult, StoreFault> SqliteCounters::hit(std::span<const ports::Hit> hits,
                                                         ports::Grant grant, Seconds now,
                                                         Deadline) {
  const std::lock_guard lock{mutex_};
  return table_.hit(hits, grant, now);
}

Result<std::monostate, StoreFault> SqliteCounters::keep(
    std::span<const ports::Granted> granted, Deadline deadline) {
  const auto line = log_line(granted);
  CounterLogWriter::Ticket ticket;
  {
    const std::lock_guard lock{mutex_};
    if (!line.empty()) ticket = log_.append(line);
    table_.keep(granted);
  }
  if (line.empty()) return std::monostate{};
  const auto written = log_.wait_for(ticket, deadline);
  report(written ? "" : written.fault());
  if (written) return std::monostate{};
  const std::lock_guard lock{mutex_};
  table_.unkeep(granted);
  return Unexpected{StoreFault{written.fault()}};
}

void SqliteCounters::give_back(std::span<const ports::Granted> granted) noexcept {
  const std::lock_guard lock{mutex_};
  table_.give_back(granted);
}

Result<std::monostate, StoreFault> SqliteCounters::clear(
    std::span<const std::string> counters, Deadline deadline) {
  const std::unique_lock one{checkpointing_, deadline.at()};
  if (!one) return Unexpected{StoreFault{"takes too long"}};
  {
    const std::lock_guard lock{mutex_};
    for (const auto& counter : counters) table_.clear(counter);
  }
  auto fault = checkpoint_alone();
  report(fault);
  if (!fault.empty()) return Unexpected{StoreFault{std::move(fault)}};
  return std::monostate{};
}

/// "", or why the store cannot be used.
std::string SqliteCounters::load() {
  const auto version = database_.number("PRAGMA user_version");
  if (version > format_version) return "a later version of Milterward made it";
  const auto made = in_transaction(database_, [&] {
    database_.run(
        "CREATE TABLE IF NOT EXISTS store (name TEXT PRIMARY KEY, value INTEGER NOT NULL)");
    database_.run(
        "CREATE TABLE IF NOT EXISTS slice (counter TEXT NOT NULL, begin INTEGER NOT NULL, "
        "amount INTEGER NOT NULL, length INTEGER NOT NULL, slices INTEGER NOT NULL, "
        "offset INTEGER NOT NULL, forgotten_at INTEGER NOT NULL, PRIMARY KEY (counter, "
        "begin)) "
        "WITHOUT ROWID");
    database_.run("CREATE INDEX IF NOT EXISTS slice_forgotten_at ON slice (forgotten_at)");
    database_.run(
        "CREATE TABLE IF NOT EXISTS marks (number INTEGER PRIMARY KEY, entries TEXT NOT "
        "NULL, begin INTEGER NOT NULL, length INTEGER NOT NULL, slices INTEGER NOT NULL, "
        "offset INTEGER NOT NULL, forgotten_at INTEGER NOT NULL)");
    database_.run("CREATE INDEX IF NOT EXISTS marks_forgotten_at ON marks (forgotten_at)");
    database_.run("PRAGMA user_version = 2");
  });
  if (!made) return made.fault();
  generation_ = static_cast<std::uint64_t>(
      database_.number("SELECT value FROM store WHERE name = 'generation'"));
  SqliteStatement slices{
      database_, "SELECT counter, begin, amount, length, slices, offset FROM slice"};
  while (slices.next())
    table_.restore({slices.text(0),
                    {Seconds{slices.integer(3)}, static_cast<unsigned>(slices.integer(4)),
                     Seconds{slices.integer(5)}},
                    Seconds{slices.integer(1)},
                    static_cast<std::uint64_t>(slices.integer(2))});
  load_marks();
  if (auto fault = database_.take_fault(); !fault.empty()) return fault;
  return replay_logs();
}

/// What a later checkpoint says of a mark is what counts.
void SqliteCounters::load_marks() {
  SqliteStatement rows{
      database_,
      "SELECT entries, begin, length, slices, offset FROM marks ORDER BY number"};
  while (rows.next()) {
    KeptSlice mark{{},
                   {Seconds{rows.integer(2)}, static_cast<unsigned>(rows.integer(3)),
                    Seconds{rows.integer(4)}},
                   Seconds{rows.integer(1)},
                   0,
                   true};
    const auto entries = rows.text(0);
    for (const auto entry : split(entries, '\n')) {
      const auto blank = entry.find(' ');
      if (blank == std::string_view::npos) continue;
      std::from_chars(entry.data(), entry.data() + blank, mark.amount);
      mark.counter = entry.substr(blank + 1);
      table_.restore(mark);
    }
  }
}

std::string SqliteCounters::replay_logs() {
  std::size_t entries = 0;
  std::size_t damaged = 0;
  for (const auto& [generation, name] : logs_of(path_)) {
    if (generation < generation_) continue;
    std::ifstream file{name, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad() || !file.is_open()) return cannot(name, "read");
    auto logged = parse_log(text);
    entries += logged.slices.size();
    damaged += logged.damaged_lines;
    for (auto& slice : logged.slices) {
      const auto granted = granted_of(std::move(slice));
      table_.keep({&granted, 1});
    }
    generation_ = std::max(generation_, generation);
  }
  log_event(damaged == 0 ? Event::store_opened : Event::store_damaged,
            {{"store", path_},
             {"counters", std::to_string(table_.size())},
             {"logged", std::to_string(entries)},
             {"damaged", std::to_string(damaged)}});
  return {};
}

std::string SqliteCounters::checkpoint() {
  const std::lock_guard one{checkpointing_};
  return checkpoint_alone();
}

/// "", or what went wrong; what changed is then written down another time.
std::string SqliteCounters::checkpoint_alone() {
  const auto name = log_name(path_, generation_ + 1);
  auto file = std::make_shared<const FileDescriptor>(::open(
      name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, file_mode));
  if (!*file) return cannot(name, "made");
  ++generation_;
  std::vector<KeptSlice> changes;
  {
    const std::lock_guard lock{mutex_};
    log_.change_to(std::move(file));
    changes = table_.take_changes();
    if (table_.size() > 2 * size_when_tidied_) {
      table_.forget_past(ports::since_1970(*clock_));
      size_when_tidied_ = table_.size();
    }
  }
  // Without memory, say: the changes must come into the next checkpoint then, or the logs
  // that hold them would go before they are in the database.
  auto fault = at_c_boundary("store", std::string{"an internal error"},
                             [&] { return write_down(changes); });
  if (!fault.empty()) {
    const std::lock_guard lock{mutex_};
    table_.put_back(changes);
    return fault;
  }
  for (const auto& [generation, old] : logs_of(path_))
    if (generation < generation_) ::unlink(old.c_str());
  return {};
}

std::string SqliteCounters::write_down(const std::vector<KeptSlice>& changes) {
  const auto done = in_transaction(database_, [&] {
    write_slices(changes);
    write_marks(changes);
    for (const auto* forget : {"DELETE FROM slice WHERE forgotten_at <= ?",
                               "DELETE FROM marks WHERE forgotten_at <= ?"})
      SqliteStatement{database_, forget}.bind(1, ports::since_1970(*clock_).count()).next();
    SqliteStatement begin{database_,
                          "INSERT OR REPLACE INTO store VALUES ('generation', ?)"};
    begin.bind(1, static_cast<std::int64_t>(generation_)).next();
  });
  return done ? "" : done.fault();
}

void SqliteCounters::write_slices(const std::vector<KeptSlice>& changes) {
  SqliteStatement put{database_,
                      "INSERT OR REPLACE INTO slice "
                      "(counter, begin, amount, length, slices, offset, forgotten_at) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)"};
  for (const auto& change : changes) {
    if (change.is_mark) continue;
    put.bind(1, change.counter).bind(2, change.begin.count());
    put.bind(3, static_cast<std::int64_t>(change.amount));
    put.bind(4, change.window.slice.count()).bind(5, std::int64_t{change.window.slices});
    put.bind(6, change.window.offset.count());
    put.bind(7, change.window.forgotten_at(change.begin).count());
    put.next();
  }
}

void SqliteCounters::write_marks(const std::vector<KeptSlice>& changes) {
  struct Row {
    const KeptSlice* of;
    std::string entries;
  };
  std::vector<Row> rows;  // a few: kinds of marks, and a slice that ends meanwhile
  for (const auto& change : changes) {
    if (!change.is_mark) continue;
    auto row = std::ranges::find_if(rows, [&](const Row& other) {
      return other.of->begin == change.begin && other.of->window == change.window;
    });
    if (row == rows.end()) row = rows.insert(row, {&change, {}});
    const fmt::format_int amount{change.amount};
    row->entries.append(amount.data(), amount.size()) += ' ';
    row->entries.append(change.counter) += '\n';
  }
  SqliteStatement put{database_,
                      "INSERT INTO marks (entries, begin, length, slices, offset, "
                      "forgotten_at) VALUES (?, ?, ?, ?, ?, ?)"};
  for (const auto& row : rows) {
    const auto& [of, entries] = row;
    put.bind(1, entries).bind(2, of->begin.count()).bind(3, of->window.slice.count());
    put.bind(4, std::int64_t{of->window.slices}).bind(5, of->window.offset.count());
    put.bind(6, of->window.forgotten_at(of->begin).count());
    put.next();
  }
}

void SqliteCounters::checkpoint_until_the_end() {
  auto pause = between_checkpoints;
  std::unique_lock ending{ending_};
  while (!ends_.wait_for(ending, pause, [&] { return is_ending_; })) {
    ending.unlock();
    if (has_changes()) {
      const auto fault = at_c_boundary("store", std::string{"an internal error"},
                                       [&] { return checkpoint(); });
      report(fault);
      pause = fault.empty() ? between_checkpoints : after_failure;
    }
    ending.lock();
  }
  report(at_c_boundary("store", std::string{"an internal error"},
                       [&] { return checkpoint(); }));
}

bool SqliteCounters::has_changes() {
  const std::lock_guard lock{mutex_};
  return table_.has_changes();
}

/// Logs the first failure, and the first success behind it.
void SqliteCounters::report(const std::string& reason) {
  const bool fails = !reason.empty();
  if (is_failing_.load(std::memory_order_relaxed) == fails ||
      is_failing_.exchange(fails) == fails)
    return;
  if (fails)
    log_event(Event::store_failing, {{"store", path_}, {"reason", reason}});
  else
    log_event(Event::store_recovered, {{"store", path_}});
}

}  // namespace milterward::backends
