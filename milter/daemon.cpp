// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "milter/chores.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/control/control_server.h"
#include "milter/drain.h"
#include "milter/front/current_services.h"
#include "milter/front/libmilter/libmilter_front.h"
#include "milter/front/listening_socket.h"
#include "milter/front/native/native_front.h"
#include "milter/host_name.h"
#include "milter/memory_lock.h"
#include "milter/notify/notifier.h"
#include "milter/notify/targets.h"
#include "milter/privileges.h"
#include "milter/sandbox.h"
#include "milter/signals.h"
#include "milter/status/log_sink.h"
#include "milter/status/meter.h"
#include "milter/status_service.h"
#include "milter/wiring.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using Faults = std::vector<std::string>;

std::string joined(const std::vector<conf::ConfigProblem>& problems) {
  Faults texts;
  for (const auto& problem : problems) texts.push_back(conf::to_text(problem));
  return fmt::format("{}", fmt::join(texts, " | "));
}

/// How long notifications may still set out when the daemon has served its last.
constexpr auto last_words = 3s;

void log_warnings(const conf::Config& config, const std::string& file) {
  for (const auto& warning : config.warnings) {
    log_event(Event::config_warning,
              {{"config", file}, {"reason", conf::to_text(warning)}});
  }
}

/// Where people can be told of events, with the log behind it.
using notify::Notifier;

void configure(Notifier& notifier, const conf::NotifySettings& settings) {
  std::string token;
  if (const auto& file = settings.webhook_token_file; !file.empty())
    if (auto read = notify::read_token(file)) token = std::move(*read);
  notifier.configure(settings, std::move(token));
}

/// "" for none, and for one that others may read: then nobody sees names on the page.
std::string status_token(const conf::StatusSettings& settings) {
  if (settings.token_file.empty()) return {};
  auto token = notify::read_token(settings.token_file);
  return token ? std::move(*token) : std::string{};
}

/// Mail goes on being served when nobody can be told of it.
void configure_at_start(Notifier& notifier, const conf::Config& config,
                        const std::string& file) {
  configure(notifier, config.notify);
  for (const auto& problem : notify::unusable_targets(config))
    log_event(Event::config_warning,
              {{"config", file}, {"reason", conf::to_text(problem)}});
}

/// However the daemon ends, what waits to be told is told first, or dropped.
struct LastWords {
  Notifier& notifier;
  ~LastWords() { notifier.finish(last_words); }
};

int cannot_start(const std::string& reason) {
  log_event(Event::daemon_failed, {{"reason", reason}});
  return commands::failed;
}

/// Removed at the end if we still may.
class PidFile {
 public:
  /// The fault names the file and the cause. An empty path means none.
  static Result<PidFile, std::string> write(const std::string& path) {
    PidFile file;
    if (path.empty()) return file;
    // The directory may be that of the user we are to become: no link of his making is
    // followed with the rights of root.
    constexpr auto flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    const int fd = ::open(path.c_str(), flags, 0644);
    const auto text = fmt::format("{}\n", ::getpid());
    const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) ==
                                        static_cast<ssize_t>(text.size());
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!written) {
      return Unexpected{fmt::format("daemon.pid_file: {} cannot be written: {}", path,
                                    std::strerror(error))};
    }
    file.path_ = path;
    return file;
  }
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile() { remove(); }

  void remove() const noexcept {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

 private:
  PidFile() = default;
  std::string path_;
};

/// Keys of which a running daemon cannot take a new value.
Faults changes_that_need_a_restart(const conf::Config& now, const conf::Config& next) {
  Faults names;
  const auto compare = [&](const auto& a, const auto& b, const char* name) {
    if (a != b) {
      names.push_back(fmt::format("{} has changed; a restart makes it count", name));
    }
  };
  compare(now.milter.socket, next.milter.socket, "milter.socket");
  compare(now.milter.socket_owner, next.milter.socket_owner, "milter.socket_owner");
  compare(now.milter.socket_group, next.milter.socket_group, "milter.socket_group");
  compare(now.milter.socket_mode, next.milter.socket_mode, "milter.socket_mode");
  compare(now.milter.front, next.milter.front, "milter.front");
  compare(now.milter.threads, next.milter.threads, "milter.threads");
  compare(now.daemon.user, next.daemon.user, "daemon.user");
  compare(now.daemon.pid_file, next.daemon.pid_file, "daemon.pid_file");
  compare(now.daemon.sandbox, next.daemon.sandbox, "daemon.sandbox");
  compare(now.daemon.lock_memory, next.daemon.lock_memory, "daemon.lock_memory");
  compare(now.store.url, next.store.url, "store.url");
  compare(now.store.sync, next.store.sync, "store.sync");
  compare(now.store.on_outage, next.store.on_outage, "store.on_outage");
  compare(now.store.hosts, next.store.hosts, "store.hosts");
  compare(now.control, next.control, "control");
  compare(now.sign.publish_hook.empty(), next.sign.publish_hook.empty(),
          "sign.publish_hook");
  compare(now.preflight.watch_hook.empty(), next.preflight.watch_hook.empty(),
          "preflight.watch_hook");
  compare(now.preflight.watch_state, next.preflight.watch_state, "preflight.watch_state");
  return names;
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

/// All or nothing: the services in force stay unless everything about the new ones works.
void reload(const std::string& file, const Wiring& wiring, front::CurrentServices& current,
            status::LogSink& log, Notifier& notifier, StatusService& status) {
  const auto keep = [&](const std::string& reason) {
    log_event(Event::config_kept, {{"config", file}, {"reason", reason}});
  };
  const auto former = current.get();
  if (const auto config = commands::read_config(file); !config) {
    keep(joined(config.fault()));
  } else if (const auto problems = notify::unusable_targets(*config); !problems.empty()) {
    keep(joined(problems));
  } else if (auto page =
                 StatusService::open(*config, status.listens_on(), open_status_tools);
             !page) {
    keep(conf::to_text(page.fault()));
  } else if (const auto next =
                 [&] {
                   const SignalsBlocked for_new_threads;
                   // Whether locks are obeyed goes with the socket, which stays.
                   auto in_force = *config;
                   in_force.control = former->config->control;
                   return wiring.make_services(std::move(in_force),
                                               KeyPolicy::all_must_work, former.get());
                 }();
             !next) {
    keep(fmt::format("{}", fmt::join(next.fault(), " | ")));
  } else {
    current.replace(*next);
    log.configure(config->log);
    configure(notifier, config->notify);
    {
      const SignalsBlocked for_new_threads;
      status.follow(config->status, status_token(config->status), std::move(*page));
    }
    log_event(Event::config_reloaded, {{"config", file}});
    log_warnings(*config, file);
    for (const auto& reason : changes_that_need_a_restart(*former->config, *config)) {
      log_event(Event::config_warning, {{"config", file}, {"reason", reason}});
    }
  }
}

/// Whatever happens, the daemon goes on with what it has: a filter that ends takes the
/// mail server's mail with it.
void reload_or_go_on(const std::string& file, const Wiring& wiring,
                     front::CurrentServices& current, Chores& chores, status::LogSink& log,
                     Notifier& notifier, StatusService& status) {
  ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
               static_cast<unsigned long long>(monotonic_microseconds()));
  at_c_boundary("reload", 0, [&] {
    reload(file, wiring, current, log, notifier, status);
    const SignalsBlocked for_a_new_thread;
    chores.look_now();
    return 0;
  });
  ::sd_notify(0, "READY=1");
}

std::unique_ptr<front::Front> make_front(const conf::MilterSettings& settings,
                                         const front::ListeningSocket& socket,
                                         const front::CurrentServices& services) {
  switch (settings.front) {
    case conf::FrontEngine::native:
      return std::make_unique<front::NativeFront>(socket, services);
    case conf::FrontEngine::libmilter:
      return std::make_unique<front::LibmilterFront>(socket, services, settings.threads);
  }
  unreachable();
}

/// Serves until it is to stop, then drains. Returns whether all threads are gone.
bool serve(const std::string& file, const Wiring& wiring, front::Front& front,
           front::CurrentServices& current, Chores& chores, Signals& signals,
           status::LogSink& log, Notifier& notifier, StatusService& status) {
  constexpr auto forever = 1h;
  for (;;) {
    const auto wish = signals.next(forever);
    if (wish == Wish::stop) break;
    if (wish == Wish::reload)
      reload_or_go_on(file, wiring, current, chores, log, notifier, status);
  }
  const auto limit = current.get()->config->drain.limit;
  ::sd_notify(0, "STOPPING=1");
  log_event(Event::daemon_draining,
            {{"connections", std::to_string(front.sessions().count().all())},
             {"limit", fmt::format("{}s", limit.count() / 1000)}});
  {
    const SignalsBlocked for_new_threads;
    front.stop_accepting();
  }
  const auto drained = drain(front, signals, limit);
  log_event(Event::daemon_stopped,
            {{"cut", std::to_string(drained.cut)}, {"idle", std::to_string(drained.idle)}});
  return drained.all_gone;
}

}  // namespace

int run_daemon(const std::string& config_file) {
  // glibc would give threads up to eight heaps for each processor, and what is free in one
  // serves no other; with two, ten threads spent 6 % more waiting for each other's.
  ::mallopt(M_ARENA_MAX, 8);
  auto config = commands::read_config(config_file);
  if (!config) throw conf::ConfigError{config.fault()};

  // Threads of libraries may log until the very end of the process.
  static status::LogSink log{config->log};
  const auto meter = std::make_shared<status::Meter>(std::make_shared<const SystemClock>());
  static status::CountingSink counted_log{log, meter};
  set_sink(&counted_log);
  log_event(Event::daemon_starting,
            {{"version", MILTERWARD_VERSION}, {"config", config_file}});
  log_warnings(*config, config_file);
  Signals signals;
  raise_descriptor_limit();
  if (config->daemon.lock_memory != conf::LockMemory::off) raise_lock_limit();

  const Wiring wiring{meter};
  auto problems = wiring.unusable_engines(*config);
  std::ranges::move(unknown_accounts(*config), std::back_inserter(problems));
  if (!problems.empty()) {
    cannot_start(joined(problems));
    return commands::wrong_config;
  }

  const auto account = account_to_become(config->daemon.user);
  if (!account) return cannot_start(account.fault());
  const auto socket = front::ListeningSocket::open(config->milter);
  if (!socket) return cannot_start(socket.fault());
  std::optional<front::ListeningSocket> control_socket;
  if (config->control.is_open()) {
    auto opened = front::ListeningSocket::open(config->control);
    if (!opened) return cannot_start(opened.fault());
    control_socket.emplace(std::move(*opened));
  }
  auto status_place = StatusService::open(*config, "", open_status_tools);
  if (!status_place) return cannot_start(conf::to_text(status_place.fault()));
  const auto pid_file = PidFile::write(config->daemon.pid_file);
  if (!pid_file) return cannot_start(pid_file.fault());
  if (*account) {
    const auto became = become(**account);
    if (!became) return cannot_start(became.fault());
  }

  Notifier* notifier = nullptr;
  ChoreHooks hooks;
  {
    const SignalsBlocked for_new_processes_and_threads;
    auto messengers = start_messengers();
    if (!messengers) return cannot_start(messengers.fault());
    static Notifier the_notifier{counted_log, host_name(), std::move(*messengers),
                                 std::make_shared<SystemClock>()};
    notifier = &the_notifier;
    for (auto& [program, process] : {std::tie(config->sign.publish_hook, hooks.publish),
                                     std::tie(config->preflight.watch_hook, hooks.watch)}) {
      if (program.empty()) continue;
      auto hook = start_chore_hook();
      if (!hook) return cannot_start(hook.fault());
      process = std::move(*hook);
    }
  }
  set_sink(notifier);
  const LastWords last{*notifier};
  configure_at_start(*notifier, *config, config_file);

  // Helpers run by now; what comes next reads keys and mail.
  if (config->daemon.lock_memory != conf::LockMemory::off) {
    if (const auto locked = lock_memory(); !locked) {
      if (config->daemon.lock_memory == conf::LockMemory::required)
        return cannot_start("daemon.lock_memory: " + locked.fault());
      log_event(Event::memory_not_locked, {{"reason", locked.fault()}});
    }
  }
  if (config->daemon.sandbox != conf::Sandbox::off) {
    if (const auto confined = confine(); !confined) {
      if (config->daemon.sandbox == conf::Sandbox::required)
        return cannot_start("daemon.sandbox: " + confined.fault());
      log_event(Event::sandbox_unavailable, {{"reason", confined.fault()}});
    }
  }

  const auto milter_settings = config->milter;
  const auto status_settings = config->status;
  std::optional<front::CurrentServices> current;
  std::unique_ptr<front::Front> front;
  std::optional<control::ControlServer> control;
  std::optional<Chores> chores;
  std::optional<StatusService> status;
  {
    const SignalsBlocked for_new_threads;
    auto services = wiring.make_services(std::move(*config), KeyPolicy::run_without,
                                         /*former=*/nullptr);
    if (!services) {
      return cannot_start(fmt::format("{}", fmt::join(services.fault(), " | ")));
    }
    current.emplace(*services);
    front = make_front(milter_settings, *socket, *current);
    try {
      front->start();
      if (control_socket) control.emplace(*control_socket, *current);
      status.emplace(StatusService::World{meter, *current, front->sessions(),
                                          make_key_cabinet, open_journal_charts,
                                          open_feedback_to_read});
      status->follow(status_settings, status_token(status_settings),
                     std::move(*status_place));
      chores.emplace(*current, wiring, std::move(hooks));
      chores->look_now();
    } catch (const std::runtime_error& e) {
      return cannot_start(e.what());
    }
  }
  log_event(Event::daemon_ready, {{"socket", socket->name()}, {"user", current_user()}});
  ::sd_notify(0, "READY=1");
  const bool all_gone = serve(config_file, wiring, *front, *current, *chores, signals, log,
                              *notifier, *status);
  status.reset();
  chores.reset();
  control.reset();
  const int code = front->gave_up() ? commands::failed : commands::ok;
  if (!all_gone) {  // threads still at work use what would be destroyed now
    pid_file->remove();
    notifier->finish(last_words);
    std::_Exit(code);
  }
  return code;
}

}  // namespace milterward
