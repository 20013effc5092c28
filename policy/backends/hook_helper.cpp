// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/hook_helper.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "policy/backends/child_run.h"
#include "policy/backends/helper_process.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

constexpr auto search_path = "PATH=/usr/local/bin:/usr/bin:/bin";
constexpr rlim_t most_memory = 512UL << 20;
/// What a shell says of a program that it cannot run.
constexpr int cannot_run = 127;

/// A question: program, milliseconds, input, and the environment.
HelperProcess::Parts question_of(const ports::HookCall& call) {
  HelperProcess::Parts parts{call.program, fmt::to_string(call.limit.count()), call.input};
  parts.insert(parts.end(), call.environment.begin(), call.environment.end());
  return parts;
}

ports::HookCall hook_call_of(const HelperProcess::Parts& parts) {
  ports::HookCall call{parts.at(0), {parts.begin() + 3, parts.end()}, parts.at(2), {}};
  std::int64_t limit = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), limit);
  call.limit = std::chrono::milliseconds{limit};
  return call;
}

/// In the child.
int execute(const ports::HookCall& call) {
  std::string program = call.program;
  std::string path = search_path;
  auto environment = call.environment;
  std::vector<char*> variables{path.data()};
  for (auto& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::vector<char*> arguments{program.data(), nullptr};
  const rlimit memory{most_memory, most_memory};
  if (::chdir("/") != 0) return cannot_run;
  ::setrlimit(RLIMIT_DATA, &memory);
  ::execve(program.c_str(), arguments.data(), variables.data());
  ::dprintf(STDERR_FILENO, "%s", ::strerror(errno));
  return cannot_run;
}

std::optional<std::string> hook_fault_of(const ChildEnd& end,
                                         std::chrono::milliseconds limit) {
  const auto said = [&](std::string what) {
    const auto words = trim(end.output);
    return words.empty() ? what : fmt::format("{}: {}", what, words);
  };
  switch (end.how) {
    case ChildEnd::How::exited:
      if (end.code == 0) return std::nullopt;
      return said(fmt::format("ended with status {}", end.code));
    case ChildEnd::How::by_signal:
      return said(fmt::format("was ended by signal {}", end.code));
    case ChildEnd::How::out_of_time:
      return said(fmt::format("did not end within {} and was killed", in_words(limit)));
    case ChildEnd::How::unwanted:
      return "was killed, since the daemon ends";
    case ChildEnd::How::not_started:
      return said("could not be started");
  }
  unreachable();
}

class HookHelper final : public ports::Hook {
 public:
  explicit HookHelper(std::unique_ptr<HelperProcess> process)
      : process_(std::move(process)) {}

  std::optional<std::string> run(const ports::HookCall& call) override {
    if (const auto fault = process_->ask(question_of(call)))
      return fmt::format("{}: {}", call.program, *fault);
    return std::nullopt;
  }
  void stop() noexcept override { process_->stop(); }

 private:
  std::unique_ptr<HelperProcess> process_;
};

}  // namespace

Result<std::unique_ptr<ports::Hook>, std::string> start_hook_helper() {
  auto process = HelperProcess::start(
      "milterward-hook", [](const HelperProcess::Parts& parts, int daemon) {
        const auto call = hook_call_of(parts);
        return hook_fault_of(
            run_in_child([&] { return execute(call); }, call.input, call.limit, daemon),
            call.limit);
      });
  if (!process) return Unexpected{process.fault()};
  return std::unique_ptr<ports::Hook>{std::make_unique<HookHelper>(std::move(*process))};
}

}  // namespace milterward::backends
