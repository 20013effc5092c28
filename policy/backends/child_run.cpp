// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/child_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "policy/backends/file_descriptor.h"
#include "policy/backends/process_descriptor.h"
#include "policy/base/clock.h"

namespace milterward::backends {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The last words of a program are those that say why.
constexpr std::size_t longest_output = 300;
/// Who left the group may still be writing when the rest is read.
constexpr int most_pieces_at_the_end = 16;

/// A file without a name that holds `text`, to be read from its beginning. Not a pipe: a
/// program that does not read its input must not hold us up.
FileDescriptor file_of(std::string_view text) {
  FileDescriptor file{::memfd_create("input", MFD_CLOEXEC)};
  while (file && !text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written <= 0) return FileDescriptor{};
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file) ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// Whole seconds, as the system counts them; one more for the hard limit.
void limit_processor_time(milliseconds limit) noexcept {
  const auto seconds = static_cast<rlim_t>((limit.count() + 999) / 1000);
  const rlimit time{seconds, seconds + 1};
  ::setrlimit(RLIMIT_CPU, &time);
}

void forget_signals() noexcept {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void be_the_child(const std::function<int()>& work, int input, int output,
                               milliseconds limit) noexcept {
  ::setpgid(0, 0);
  limit_processor_time(limit);
  forget_signals();
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(output, STDERR_FILENO) < 0 || ::close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
    ::_exit(1);
  ::_exit(work());
}

class Child {
 public:
  Child(pid_t pid, FileDescriptor process, FileDescriptor output)
      : pid_(pid), process_(std::move(process)), output_(std::move(output)) {}

  ChildEnd wait(milliseconds limit, int unwanted) {
    const auto how = wait_for_end(limit, unwanted);
    // What is left of its group may go on for ever, and hold the output open.
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < most_pieces_at_the_end && take_output(); ++i) {
    }
    ChildEnd end{how, 0, std::move(text_)};
    if (how == ChildEnd::How::exited && WIFSIGNALED(status)) {
      end.how = ChildEnd::How::by_signal;
      end.code = WTERMSIG(status);
    } else if (how == ChildEnd::How::exited) {
      end.code = WEXITSTATUS(status);
    }
    return end;
  }

 private:
  ChildEnd::How wait_for_end(milliseconds limit, int unwanted) {
    const auto until = steady_clock::now() + limit;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      if (left.count() <= 0) return ChildEnd::How::out_of_time;
      std::array<pollfd, 3> slots{{{process_.get(), POLLIN, 0},
                                   {is_silent_ ? -1 : output_.get(), POLLIN, 0},
                                   {unwanted, POLLRDHUP, 0}}};
      ::poll(slots.data(), slots.size(), static_cast<int>(left.count()));
      if (slots[2].revents != 0) return ChildEnd::How::unwanted;
      if (slots[1].revents != 0) is_silent_ = !take_output();
      if (slots[0].revents != 0) return ChildEnd::How::exited;
    }
  }

  /// False when there is none for now, or none any more.
  bool take_output() {
    std::array<char, 4096> piece{};
    const auto size = ::read(output_.get(), piece.data(), piece.size());
    if (size <= 0) return false;
    text_.append(piece.data(), static_cast<std::size_t>(size));
    if (text_.size() > longest_output) text_.erase(0, text_.size() - longest_output);
    return true;
  }

  pid_t pid_;
  FileDescriptor process_;
  FileDescriptor output_;
  bool is_silent_ = false;
  std::string text_;
};

ChildEnd not_started(const char* call) {
  return {ChildEnd::How::not_started, 0,
          fmt::format("{}: {}", call, std::generic_category().message(errno))};
}

}  // namespace

ChildEnd run_in_child(const std::function<int()>& work, std::string_view input,
                      milliseconds limit, int unwanted) {
  const auto file = file_of(input);
  if (!file) return not_started("memfd_create");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return not_started("pipe2");
  FileDescriptor ours{ends[0]};
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  FileDescriptor theirs{ends[1]};
  const auto pid = ::fork();
  if (pid < 0) return not_started("fork");
  if (pid == 0) be_the_child(work, file.get(), theirs.get(), limit);
  ::setpgid(pid, pid);  // whoever of us comes first
  theirs = FileDescriptor{};
  auto process = process_descriptor(pid);
  if (!process) {
    const auto end = not_started("pidfd_open");
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return end;
  }
  return Child{pid, std::move(process), std::move(ours)}.wait(limit, unwanted);
}

std::string in_words(milliseconds limit) {
  return limit.count() % 1000 == 0 ? fmt::format("{}s", limit.count() / 1000)
                                   : fmt::format("{}ms", limit.count());
}

}  // namespace milterward::backends
