// SPDX-License-Identifier: Apache-2.0
#include "tests/milter/daemon_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <exception>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto configuration = R"([milter]
socket = "unix:{0}/milter.sock"
front = "{3}"
[daemon]
user = "root"
[drain]
limit = "300s"
[dns]
servers = ["127.0.0.1@{1}"]
[trace]
secret_file = "{0}/trace.key"
{4}[relay]
mode = "enforce"
domains = ["local.test"]
trusted_networks = ["203.0.113.0/24"]
{2}
)";

pid_t spawn(const std::string& program, std::vector<std::string> arguments,
            const std::string& output, int inherited = -1) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  constexpr auto flags = O_WRONLY | O_CREAT | O_APPEND;
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), flags, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  if (inherited >= 0) ::posix_spawn_file_actions_adddup2(&actions, inherited, 3);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run " + program);
  return pid;
}

/// ctest plays these tests once with each front.
std::string front_to_test() {
  const char* named = ::getenv("MILTERWARD_TEST_FRONT");
  return named == nullptr ? "native" : named;
}

std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

DaemonProcess::DaemonProcess(unsigned dns_port, const std::string& further) {
  const auto journal =
      further.find("[journal]") != std::string::npos
          ? std::string{}
          : fmt::format("[journal]\nfile = \"{}/journal.db\"\n", directory_.path());
  std::ofstream{config_file()} << fmt::format(configuration, directory_.path(), dns_port,
                                              further, front_to_test(), journal);
}

DaemonProcess::~DaemonProcess() {
  // A test that could not go on is understood by what the daemon said.
  if (std::uncaught_exceptions() > 0) BOOST_TEST_MESSAGE(log());
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void DaemonProcess::rewrite_config(const std::string& from, const std::string& to) {
  auto text = content(config_file());
  const auto place = text.find(from);
  if (place == std::string::npos) throw std::runtime_error("not in the file: " + from);
  std::ofstream{config_file()} << text.replace(place, from.size(), to);
}

void DaemonProcess::start(int inherited) {
  pid_ = spawn(binary(), {"run", "--config", config_file()}, directory_.path("log"),
               inherited);
}

void DaemonProcess::start_and_wait() {
  const auto former_lives = events("daemon.ready").size();
  start();
  wait_event("daemon.ready", former_lives + 1);
}

void DaemonProcess::signal(int number) const { ::kill(pid_, number); }

std::optional<int> DaemonProcess::wait_end(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  do {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return exit_code_of(status);
    }
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  return {};
}

std::string DaemonProcess::log() const { return content(directory_.path("log")); }

std::vector<std::string> DaemonProcess::events(const std::string& name) const {
  std::vector<std::string> found;
  std::istringstream lines{log()};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("event=" + name + " ")) found.push_back(line);
  }
  return found;
}

std::string DaemonProcess::wait_event(const std::string& name, std::size_t count,
                                      std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  do {
    const auto found = events(name);
    if (found.size() >= count) return found[count - 1];
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  throw std::runtime_error("no " + name + " in the log:\n" + log());
}

std::string binary() { return MILTERWARD_BINARY; }

Finished run_binary(const std::vector<std::string>& arguments, const std::string& program) {
  const TemporaryDirectory directory;
  const auto pid = spawn(program, arguments, directory.path("output"));
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {exit_code_of(status), content(directory.path("output"))};
}

}  // namespace milterward::tests
