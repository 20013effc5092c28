// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/postgres_server.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/policy/backends/server_process.h"

namespace milterward::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr unsigned nobody = 65534;

/// May anybody reach it? In the home of root nobody but root does.
bool is_open_to_all(const fs::path& file) {
  for (auto directory = file.parent_path(); directory.has_relative_path();
       directory = directory.parent_path())
    if ((fs::status(directory).permissions() & fs::perms::others_exec) == fs::perms::none)
      return false;
  return true;
}

/// The directory of PostgreSQL's programs; a copy in `scratch` where they lie in a home
/// that nobody may enter.
fs::path programs_for_nobody(const fs::path& scratch) {
  const fs::path programs{"usr/lib/postgresql/15/bin"};
  const auto found = server_program("postgres", {programs.c_str()});
  if (::geteuid() != 0 || is_open_to_all(found)) return found.parent_path();
  auto root = found;
  for (auto depth = std::distance(programs.begin(), programs.end()) + 1; depth > 0; --depth)
    root = root.parent_path();
  for (const auto* tree : {"usr/lib/postgresql/15", "usr/share/postgresql/15"}) {
    fs::create_directories((scratch / tree).parent_path());
    fs::copy(root / tree, scratch / tree,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  return scratch / programs;
}

/// PostgreSQL refuses to run as root.
std::vector<std::string> as_nobody(const fs::path& program,
                                   std::vector<std::string> arguments) {
  std::vector<std::string> words;
  if (::geteuid() == 0)
    words = {"/usr/bin/setpriv", fmt::format("--reuid={}", nobody),
             fmt::format("--regid={}", nobody), "--clear-groups", "--"};
  words.push_back(program.string());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

void give_to_nobody(const std::string& path) {
  if (::geteuid() == 0 && ::chown(path.c_str(), nobody, nobody) != 0)
    throw std::runtime_error{"chown " + path};
}

void run(const fs::path& program, std::vector<std::string> arguments, const fs::path& log,
         const fs::path& input = "/dev/null") {
  if (status_of(spawn(as_nobody(program, std::move(arguments)), log, input)) != 0)
    throw std::runtime_error{fmt::format("{} failed:\n{}", program.string(), text_of(log))};
}

}  // namespace

PostgresServer::PostgresServer(std::string_view statements) {
  give_to_nobody(directory_.path());
  programs_ = programs_for_nobody(directory_.path("programs"));
  run(programs_ / "initdb",
      {"-D", data(), "-U", "milterward", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"},
      directory_.path("initdb.log"));
  std::ofstream{directory_.path("statements")} << statements << "\n";
  run(programs_ / "postgres", {"--single", "-D", data(), "postgres"},
      directory_.path("single.log"), directory_.path("statements"));
  if (const auto said = text_of(directory_.path("single.log"));
      said.find("ERROR") != std::string::npos)
    throw std::runtime_error{said};
  start();
}

PostgresServer::~PostgresServer() { stop(); }

std::string PostgresServer::connection() const {
  return fmt::format("host=127.0.0.1 port={} user=milterward dbname=postgres",
                     port_.number());
}

void PostgresServer::start() {
  const auto log = directory_.path("postgres.log");
  pid_ = spawn(
      as_nobody(programs_ / "postgres",
                {"-D", data(), "-h", "127.0.0.1", "-p", std::to_string(port_.number()),
                 "-c", "unix_socket_directories=", "-c", "fsync=off", "-c",
                 "shared_buffers=1MB", "-c", "max_connections=20"}),
      log);
  for (const auto limit = SteadyClock::now() + server_patience; SteadyClock::now() < limit;
       std::this_thread::sleep_for(10ms))
    if (text_of(log).find("ready to accept connections") != std::string::npos) return;
  stop();
  throw std::runtime_error{"postgres does not start; it said:\n" + text_of(log)};
}

void PostgresServer::stop() {
  if (pid_ < 0) return;
  resume();
  kill(pid_, SIGINT);  // ends connections, too
  status_of(pid_);
  pid_ = -1;
}

void PostgresServer::pause() { tell_all(SIGSTOP); }
void PostgresServer::resume() { tell_all(SIGCONT); }

/// The server and its processes, each of which leads a group of its own.
void PostgresServer::tell_all(int signal) const {
  std::istringstream children{text_of(fmt::format("/proc/{0}/task/{0}/children", pid_))};
  kill(pid_, signal);
  for (pid_t child = 0; children >> child;) kill(child, signal);
}

}  // namespace milterward::tests
