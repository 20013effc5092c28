// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/trace_secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "policy/backends/file_descriptor.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using Fault = Unexpected<std::string>;

constexpr std::size_t digits = 2 * sign::TraceSecret{}.size();
constexpr mode_t unwanted_permissions = 027;  // write by the group, anything by others

Fault cannot_be(std::string_view path, std::string_view do_what) {
  return Fault{fmt::format("trace.secret_file: {} cannot be {}: {}", path, do_what,
                           strerror(errno))};
}

Result<sign::TraceSecret, std::string> from_hex(std::string_view text,
                                                std::string_view path) {
  sign::TraceSecret secret{};
  text = trim(text);
  bool good = text.size() == digits;
  for (std::size_t i = 0; good && i < secret.size(); ++i) {
    const auto pair = text.substr(2 * i, 2);
    const auto [stop, error] =
        std::from_chars(pair.data(), pair.data() + pair.size(), secret[i], 16);
    good = error == std::errc{} && stop == pair.data() + pair.size();
  }
  if (good) return secret;
  return Fault{
      fmt::format("trace.secret_file: {} does not hold {} hexadecimal digits; "
                  "remove it and a new one is made",
                  path, digits)};
}

Result<sign::TraceSecret, std::string> read_secret(const FileDescriptor& file,
                                                   const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot_be(path, "examined");
  if ((status.st_mode & unwanted_permissions) != 0) {
    return Fault{
        fmt::format("trace.secret_file: {} has mode {:04o}, others could read or "
                    "replace it; chmod 0600 {}",
                    path, status.st_mode & 07777U, path)};
  }
  std::array<char, digits + 16> buffer{};
  const auto size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0) return cannot_be(path, "read");
  return from_hex({buffer.data(), static_cast<std::size_t>(size)}, path);
}

/// Puts a new secret in place, whole or not at all. Another process that was faster wins.
Result<bool, std::string> make_secret(const std::string& path) {
  sign::TraceSecret secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return cannot_be(path, "made");
  }
  std::string text;
  for (const auto octet : secret) text += fmt::format("{:02x}", octet);
  text += '\n';

  const auto draft = fmt::format("{}.{}", path, ::getpid());
  const FileDescriptor file{
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file) {
    return Fault{
        fmt::format("trace.secret_file: {} cannot be made: {}; its directory must "
                    "exist and belong to the daemon's user",
                    path, std::strerror(errno))};
  }
  const bool written =
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0;
  const bool placed =
      written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(draft.c_str());
  errno = error;
  if (!placed) return cannot_be(path, "written");
  log_event(Event::trace_key_created, {{"file", path}});
  return true;
}

}  // namespace

Result<sign::TraceSecret, std::string> load_or_make_trace_secret(const std::string& path) {
  constexpr auto flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  FileDescriptor file{::open(path.c_str(), flags)};
  if (!file && errno == ENOENT) {
    const auto made = make_secret(path);
    if (!made) return Fault{made.fault()};
    file = FileDescriptor{::open(path.c_str(), flags)};
  }
  if (!file) return cannot_be(path, "opened");
  return read_secret(file, path);
}

}  // namespace milterward::backends
