// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/key_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "policy/backends/file_descriptor.h"
#include "policy/base/sink.h"
#include "policy/sign/private_key.h"

namespace milterward::backends {
namespace {

using ports::KeyFault;

constexpr off_t size_limit = 64 * 1024;  // RSA-16384 takes 13 KB
constexpr mode_t forbidden = S_IRWXO | S_IWGRP;
constexpr std::size_t entry_limit = 16 * 1024;  // of the user and group databases

std::string user_name(uid_t id) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, entry_limit> buffer{};
  const int error = ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return error == 0 && found != nullptr ? found->pw_name : fmt::format("{}", id);
}

std::string group_name(gid_t id) {
  group entry{};
  group* found = nullptr;
  std::array<char, entry_limit> buffer{};
  const int error = ::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return error == 0 && found != nullptr ? found->gr_name : fmt::format("{}", id);
}

std::string description(const std::string& path, const struct stat& state) {
  return fmt::format("{} (owner {}:{}, mode {:04o})", path, user_name(state.st_uid),
                     group_name(state.st_gid), state.st_mode & 07777U);
}

/// What makes a file readable for this process and for nobody it does not concern.
std::string cure(const std::string& path) {
  return fmt::format("chown root:{} {} && chmod 0640 {}", group_name(getegid()), path,
                     path);
}

KeyFault not_opened(const std::string& path, int error) {
  struct stat state {};
  if (error != EACCES || ::stat(path.c_str(), &state) != 0)
    return {fmt::format("{}: {}; make it, or name the file that holds the key", path,
                        std::generic_category().message(error))};
  return {fmt::format("{} cannot be read by {}; mend it with: {}", description(path, state),
                      user_name(geteuid()), cure(path))};
}

std::optional<KeyFault> refusal(const std::string& path, const struct stat& state) {
  if (!S_ISREG(state.st_mode))
    return KeyFault{
        fmt::format("{} is not a regular file; name the file that holds the key",
                    description(path, state))};
  if ((state.st_mode & S_IWOTH) != 0)
    return KeyFault{fmt::format(
        "{} can be written by everybody, so its key may not be yours any more; make a new "
        "one, or: chmod o-rwx,g-w {}",
        description(path, state), path)};
  if ((state.st_mode & forbidden) != 0)
    return KeyFault{fmt::format(
        "{} can be {}; mend it with: chmod o-rwx,g-w {}", description(path, state),
        (state.st_mode & S_IWGRP) != 0 ? "written by its group" : "read by everybody",
        path)};
  if (state.st_size > size_limit)
    return KeyFault{
        fmt::format("{} is too long for a key; name the file that holds the key",
                    description(path, state))};
  return std::nullopt;
}

void warn_of_short_key(const std::string& path, const ports::PrivateKey& key) {
  if (key.algorithm() != ports::SigningAlgorithm::rsa_sha256 ||
      key.bits() >= ports::recommended_rsa_bits)
    return;
  log_event(Event::config_warning,
            {{"config", path},
             {"reason", fmt::format("RSA key of {} bits; receivers expect {} (RFC 8301)",
                                    key.bits(), ports::recommended_rsa_bits)}});
}

}  // namespace

Result<std::shared_ptr<const ports::PrivateKey>, KeyFault> KeyFiles::load(
    const std::string& name) const {
  // NONBLOCK: opening a FIFO would wait for its writer.
  const FileDescriptor file{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.get() < 0) return Unexpected{not_opened(name, errno)};
  struct stat state {};
  if (::fstat(file.get(), &state) != 0) return Unexpected{not_opened(name, errno)};
  if (auto fault = refusal(name, state)) return Unexpected{std::move(*fault)};

  const auto stamp = FileStamp::of(state);
  auto key = known_.with([&](const auto& known) {
    const auto found = known.find(name);
    return found != known.end() && found->second.stamp == stamp ? found->second.key.lock()
                                                                : nullptr;
  });
  if (key) return key;

  const auto text = read_secret(file, static_cast<std::size_t>(state.st_size));
  if (!text) return Unexpected{not_opened(name, text.fault())};
  auto parsed = sign::parse_private_key(text->view());
  if (!parsed)
    return Unexpected{KeyFault{fmt::format("{}: {}; make a key as openssl genpkey does",
                                           name, to_text(parsed.fault()))}};
  warn_of_short_key(name, **parsed);
  known_.with([&](auto& known) {
    std::erase_if(known, [](const auto& entry) { return entry.second.key.expired(); });
    known.insert_or_assign(name, Known{stamp, *parsed});
  });
  return std::move(*parsed);
}

}  // namespace milterward::backends
