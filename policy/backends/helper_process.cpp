// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/helper_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "policy/backends/process_descriptor.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

/// More than any question; the system's buffers take less than that at once.
constexpr std::size_t longest_packet = 256 * 1024;
constexpr rlim_t most_descriptors = 256;
/// How long the end of the daemon may wait for that of the helper.
constexpr int farewell_ms = 1000;

/// Where the helper keeps its end of the socket, behind the standard streams.
constexpr int daemon_end = 3;

constexpr std::string_view all_well = "+";

ssize_t receive(int socket, std::string& buffer) noexcept {
  for (;;) {
    const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size >= 0 || errno != EINTR) return size;
  }
}

/// All signals of these kinds are the daemon's business; the helper ends with it.
void ignore_signals() noexcept {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE})
    ::sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Nothing of the daemon's but the socket: no listening socket, no log, no terminal.
bool keep_only(int socket) noexcept {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return false;
  // The socket goes out of the way of the numbers that are about to be given.
  const int kept = ::fcntl(socket, F_DUPFD_CLOEXEC, daemon_end + 1);
  // cppcheck-suppress resourceLeak; a process that is not made ready ends at once
  if (kept < 0) return false;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::dup2(null, stream) < 0) return false;
  return ::dup3(kept, daemon_end, O_CLOEXEC) >= 0 &&
         ::close_range(daemon_end + 1, ~0U, 0) == 0;
}

void limit_oneself() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const rlimit descriptors{most_descriptors, most_descriptors};
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

HelperProcess::Parts parts_of(std::string_view packet) {
  HelperProcess::Parts parts;
  for (const auto part : split(packet, '\0')) parts.emplace_back(part);
  return parts;
}

bool answer(const std::optional<std::string>& fault) {
  const auto packet = fault ? "-" + *fault : std::string{all_well};
  return ::send(daemon_end, packet.data(), packet.size(), MSG_NOSIGNAL) >= 0;
}

/// Until the daemon hangs up. The first answer is to no question: we are ready.
void serve(const HelperProcess::Work& work) {
  std::string packet;
  for (std::optional<std::string> fault; answer(fault);) {
    packet.resize(longest_packet);
    const auto size = receive(daemon_end, packet);
    if (size <= 0) return;
    packet.resize(static_cast<std::size_t>(size));
    fault = work(parts_of(packet), daemon_end);
  }
}

[[noreturn]] void live_as_helper(const std::string& name, int socket,
                                 const HelperProcess::Work& work) noexcept {
  ::setsid();
  ignore_signals();
  ::prctl(PR_SET_NAME, name.c_str(), 0, 0, 0);
  limit_oneself();
  if (!keep_only(socket)) ::_exit(1);
  try {
    serve(work);
  } catch (const std::exception&) {  // no memory
    ::_exit(1);
  }
  ::_exit(0);
}

/// True when the process has ended within so many milliseconds.
bool ends_within(pid_t pid, int patience_ms) noexcept {
  const auto process = process_descriptor(pid);
  pollfd slot{process.get(), POLLIN, 0};
  return process && ::poll(&slot, 1, patience_ms) == 1;
}

}  // namespace

Result<std::unique_ptr<HelperProcess>, std::string> HelperProcess::start(
    const std::string& name, const Work& work) {
  const auto refused = [&](const char* call) {
    return Unexpected{fmt::format("{} cannot be started: {}: {}", name, call,
                                  std::generic_category().message(errno))};
  };
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return refused("socketpair");
  FileDescriptor ours{ends[0]};
  const FileDescriptor theirs{ends[1]};
  std::fflush(nullptr);  // what is buffered now must not be written twice
  const auto pid = ::fork();
  if (pid < 0) return refused("fork");
  if (pid == 0) live_as_helper(name, theirs.get(), work);
  std::unique_ptr<HelperProcess> helper{new HelperProcess{name, std::move(ours), pid}};
  if (const auto fault = helper->wait_for_answer())
    return Unexpected{fmt::format("{} cannot be started: {}", name, *fault)};
  return helper;
}

HelperProcess::HelperProcess(std::string name, FileDescriptor socket, pid_t pid)
    : name_(std::move(name)), socket_(std::move(socket)), pid_(pid) {}

HelperProcess::~HelperProcess() {
  stop();
  if (!ends_within(pid_, farewell_ms)) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void HelperProcess::stop() noexcept {
  stopped_ = true;
  ::shutdown(socket_.get(), SHUT_RDWR);
}

std::string HelperProcess::gone() {
  if (stopped_) return "the daemon ends";
  if (!is_gone_) log_event(Event::notify_helper_gone, {{"by", name_}});
  is_gone_ = true;
  return "the helper process is gone";
}

std::optional<std::string> HelperProcess::ask(const Parts& question) {
  const auto packet = fmt::format("{}", fmt::join(question, std::string_view{"\0", 1}));
  if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
    return errno == EMSGSIZE ? "it is too long" : gone();
  return wait_for_answer();
}

std::optional<std::string> HelperProcess::wait_for_answer() {
  std::string packet(longest_packet, '\0');
  const auto size = receive(socket_.get(), packet);
  if (size <= 0) return gone();
  packet.resize(static_cast<std::size_t>(size));
  if (packet == all_well) return std::nullopt;
  return packet.substr(1);
}

}  // namespace milterward::backends
