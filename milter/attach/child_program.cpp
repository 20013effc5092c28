// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace milterward::attach {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Ours is not waited for; neither is inherited by accident.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) == 0) ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    close_theirs();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int ours() const noexcept { return ends_[0]; }
  int theirs() const noexcept { return ends_[1]; }
  void close_theirs() noexcept {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void empty_input() {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  void put(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// 0, or why not. An unprivileged user's PATH seldom has the directory of postconf.
int spawn(pid_t& pid, const FileActions& actions, const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto error = ::posix_spawnp(&pid, command.front().c_str(), actions.get(), nullptr,
                                    arguments.data(), environ);
  if (error != ENOENT || command.front().find('/') != std::string::npos) return error;
  return ::posix_spawn(&pid, ("/usr/sbin/" + command.front()).c_str(), actions.get(),
                       nullptr, arguments.data(), environ);
}

using Take = std::function<void(std::string_view)>;

/// False when its end has come.
bool pass_on(int from, const Take& take) {
  std::array<char, 65536> piece{};
  const auto size = ::read(from, piece.data(), piece.size());
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  take({piece.data(), static_cast<std::size_t>(size)});
  return size > 0;
}

/// Until both ends have come, or `is_enough`. False when time ran out.
bool pass_all_on(const Pipe& output, const Take& take, const Pipe& complaints,
                 const Take& take_complaints, std::chrono::seconds limit,
                 const bool& is_enough) {
  const auto until = steady_clock::now() + limit;
  std::array<pollfd, 2> slots{{{output.ours(), POLLIN, 0}, {complaints.ours(), POLLIN, 0}}};
  while (!is_enough && (slots[0].fd >= 0 || slots[1].fd >= 0)) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) return false;
    ::poll(slots.data(), slots.size(), static_cast<int>(left));
    if (slots[0].revents != 0 && !pass_on(slots[0].fd, take)) slots[0].fd = -1;
    if (slots[1].revents != 0 && !pass_on(slots[1].fd, take_complaints)) slots[1].fd = -1;
  }
  return true;
}

/// `is_enough` is what `take` may set: no more is read, and the program is killed.
Result<Ran, std::string> run(const std::vector<std::string>& command, const Take& take,
                             std::chrono::seconds limit, const bool& is_enough) {
  const auto& name = command.front();
  Pipe output;
  Pipe complaints;
  if (output.ours() < 0 || complaints.ours() < 0)
    return Unexpected{fmt::format("{}: no pipe: {}", name, std::strerror(errno))};
  FileActions actions;
  actions.empty_input();
  actions.put(output.theirs(), STDOUT_FILENO);
  actions.put(complaints.theirs(), STDERR_FILENO);
  pid_t pid = -1;
  if (const auto error = spawn(pid, actions, command); error != 0)
    return Unexpected{fmt::format("{} cannot be run: {}", name, std::strerror(error))};
  output.close_theirs();
  complaints.close_theirs();
  Ran ran;
  const bool in_time = pass_all_on(
      output, take, complaints,
      [&](std::string_view piece) {
        if (ran.complaints.size() < longest_answer) ran.complaints += piece;
      },
      limit, is_enough);
  if (!in_time || is_enough) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time)
    return Unexpected{fmt::format("{} took more than {} s", name, limit.count())};
  if (is_enough) return Unexpected{fmt::format("{} says more than can be read", name)};
  if (WIFSIGNALED(status))
    return Unexpected{fmt::format("{} died of signal {}", name, WTERMSIG(status))};
  ran.code = WEXITSTATUS(status);
  return ran;
}

/// What it complained of, where it did not exit with 0.
std::optional<std::string> failure_of(const std::vector<std::string>& command, Ran& ran) {
  if (ran.code == 0) return {};
  auto words = std::move(ran.complaints);
  while (words.ends_with('\n')) words.pop_back();
  return fmt::format("{} ended with {}: {}", command.front(), ran.code, words);
}

}  // namespace

Result<Ran, std::string> run_program(const std::vector<std::string>& command) {
  std::string answer;
  bool is_too_long = false;
  auto ran = run(
      command,
      [&](std::string_view piece) {
        answer += piece;
        is_too_long = answer.size() > longest_answer;
      },
      longest_run, is_too_long);
  if (ran) ran->output = std::move(answer);
  return ran;
}

std::optional<std::string> stream_program(
    const std::vector<std::string>& command,
    const std::function<void(std::string_view)>& take) {
  const bool never = false;
  auto ran = run(command, take, longest_stream, never);
  if (!ran) return ran.fault();
  return failure_of(command, *ran);
}

Result<std::string, std::string> answer_of(const std::vector<std::string>& command) {
  auto ran = run_program(command);
  if (!ran) return Unexpected{ran.fault()};
  if (auto failure = failure_of(command, *ran)) return Unexpected{std::move(*failure)};
  return std::move(ran->output);
}

}  // namespace milterward::attach
