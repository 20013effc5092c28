// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace milterward::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// The directory with the servers that packaging/install-deps unpacked.
fs::path servers() {
  const char* named = getenv("MILTERWARD_SERVERS");
  return named ? fs::path{named} : fs::path{MILTERWARD_SOURCE_DIR} / "build/servers";
}

}  // namespace

fs::path server_program(std::string_view name,
                        std::initializer_list<const char*> directories) {
  for (const auto& root : {servers(), fs::path{"/"}})
    for (const auto* directory : directories)
      if (fs::exists(root / directory / name)) return root / directory / name;
  throw std::runtime_error{
      fmt::format("{} is missing; packaging/install-deps mta brings it", name)};
}

pid_t spawn(std::vector<std::string> words, const fs::path& log, const fs::path& input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, words.front().c_str(), &actions, nullptr,
                                arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::runtime_error{fmt::format("{}: {}", words.front(), strerror(error))};
  return pid;
}

int status_of(pid_t pid) {
  int status = 0;
  for (const auto limit = SteadyClock::now() + server_patience; SteadyClock::now() < limit;
       std::this_thread::sleep_for(10ms))
    if (waitpid(pid, &status, WNOHANG) == pid) return status;
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return status;
}

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace milterward::tests
