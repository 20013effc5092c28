// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/targets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "policy/base/ascii.h"

namespace milterward::notify {
namespace {

constexpr std::size_t longest_token = 4096;

std::string with_reason(const std::string& path, int error) {
  return fmt::format("{}: {}", path, std::generic_category().message(error));
}

std::optional<conf::Complaint> fault_of_hook(const std::string& path) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0)
    return conf::Complaint{with_reason(path, errno), "make it, or write \"\" for none"};
  if (!S_ISREG(state.st_mode))
    return conf::Complaint{path + " is not a file", "name a program"};
  if ((state.st_mode & S_IWOTH) != 0)
    return conf::Complaint{path + " can be written by everybody",
                           fmt::format("mend it with: chmod o-w {}", path)};
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0)
    return conf::Complaint{with_reason(path, errno),
                           fmt::format("mend it with: chmod 0755 {}", path)};
  return std::nullopt;
}

/// RFC 6750 section 2.1, and whatever else is no blank.
bool may_be_a_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Result<std::string, conf::Complaint> read_token(const std::string& path) {
  // NONBLOCK: opening a FIFO would wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return Unexpected{conf::Complaint{with_reason(path, errno),
                                      "make it readable for us, or write \"\" for none"}};
  struct stat state {};
  const bool is_file = ::fstat(fd, &state) == 0 && S_ISREG(state.st_mode);
  std::array<char, longest_token> text{};
  const auto size = is_file ? ::read(fd, text.data(), text.size()) : 0;
  ::close(fd);
  if (is_file && (state.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return Unexpected{
        conf::Complaint{path + " can be read or written by others",
                        fmt::format("mend it with: chmod o-rwx,g-w {}", path)}};
  const auto token =
      trim({text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  if (!may_be_a_token(token))
    return Unexpected{conf::Complaint{path + " does not hold one line with a token",
                                      "write the token into it, and nothing else"}};
  return std::string{token};
}

std::vector<conf::ConfigProblem> unusable_targets(const conf::Config& config) {
  std::vector<conf::ConfigProblem> problems;
  const auto& notify = config.notify;
  if (!notify.hook.empty())
    if (const auto complaint = fault_of_hook(notify.hook))
      problems.push_back(config.places.problem("notify.hook", *complaint));
  if (const auto& hook = config.preflight.watch_hook; !hook.empty())
    if (const auto complaint = fault_of_hook(hook))
      problems.push_back(config.places.problem("preflight.watch_hook", *complaint));
  if (const auto& hook = config.sign.publish_hook; !hook.empty())
    if (const auto complaint = fault_of_hook(hook))
      problems.push_back(config.places.problem("sign.publish_hook", *complaint));
  if (!notify.webhook_token_file.empty())
    if (const auto token = read_token(notify.webhook_token_file); !token)
      problems.push_back(config.places.problem("notify.webhook_token_file", token.fault()));
  if (!config.status.token_file.empty())
    if (const auto token = read_token(config.status.token_file); !token)
      problems.push_back(config.places.problem("status.token_file", token.fault()));
  return problems;
}

}  // namespace milterward::notify
