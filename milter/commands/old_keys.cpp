// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/old_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "milter/commands/files.h"
#include "milter/commands/seed.h"

namespace milterward::commands {
namespace {

/// The user who will read the keys, as far as this host knows him.
struct Reader {
  std::string name;
  bool is_known = false;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

Reader reader_called(const std::string& name) {
  Reader reader{name, false, 0, 0, {}};
  const auto* entry = getpwnam(name.c_str());
  if (entry == nullptr) return reader;
  reader.is_known = true;
  reader.user = entry->pw_uid;
  reader.group = entry->pw_gid;
  int count = 64;
  reader.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), entry->pw_gid, reader.groups.data(), &count) >= 0)
    reader.groups.resize(static_cast<std::size_t>(count));
  return reader;
}

/// Which of the three permission digits is his.
unsigned digit_for(const Reader& reader, const struct stat& state) {
  if (state.st_uid == reader.user) return state.st_mode >> 6 & 7U;
  if (std::ranges::find(reader.groups, state.st_gid) != reader.groups.end())
    return state.st_mode >> 3 & 7U;
  return state.st_mode & 7U;
}

/// The first directory above the file that he cannot pass; "" for none.
std::string closed_directory(const Reader& reader, const std::string& path) {
  if (reader.is_known && reader.user == 0) return "";
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const auto directory = path.substr(0, slash);
    struct stat state {};
    if (::stat(directory.c_str(), &state) == 0 && (digit_for(reader, state) & 1U) == 0)
      return directory;
  }
  return "";
}

constexpr mode_t unwanted = S_IWGRP | S_IRWXO;  // as policy/backends/key_files.cpp

std::string trouble_with(const Reader& reader, const std::string& path, bool bare_seed) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0)
    return fmt::format("{}: {}", path, std::strerror(errno));
  if (bare_seed)
    return fmt::format(
        "{} holds a bare Ed25519 seed; --copy-keys DIRECTORY writes it as PEM", path);
  const auto mended = fmt::format(
      "--copy-keys DIRECTORY makes a copy and leaves it alone; once the old daemon has "
      "gone, "
      "chown root:{} {} && chmod 0640 {} does",
      reader.name, path, path);
  if ((state.st_mode & unwanted) != 0)
    return fmt::format("{} has mode {:04o}, which is refused: {}", path,
                       state.st_mode & 07777U, mended);
  if (!reader.is_known)
    return fmt::format("{} has mode {:04o}, and there is no user {} on this host yet: {}",
                       path, state.st_mode & 07777U, reader.name, mended);
  if (const auto directory = closed_directory(reader, path); !directory.empty())
    return fmt::format(
        "{} cannot be passed by {}: --copy-keys DIRECTORY makes copies elsewhere",
        directory, reader.name);
  if (reader.user != 0 && (digit_for(reader, state) & 4U) == 0)
    return fmt::format("{} has mode {:04o} and cannot be read by {}: {}", path,
                       state.st_mode & 07777U, reader.name, mended);
  return "";
}

bool names_a_key(const importing::Row& row) {
  return row.table == "sign.key" || row.table == "arc.key";
}

/// Nothing, or why not. What is there already stays when it is the same.
std::optional<std::string> write_key(const std::string& path, const std::string& content,
                                     const Reader& reader) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    const auto there = read_file(path);
    if (there && *there == content) return std::nullopt;
    return fmt::format("{} is there already, with another key", path);
  }
  if (file < 0) return fmt::format("{}: {}", path, std::strerror(errno));
  const auto written = ::write(file, content.data(), content.size());
  bool good = written == static_cast<ssize_t>(content.size());
  if (::geteuid() == 0 && reader.is_known)
    good = good && ::fchown(file, 0, reader.group) == 0 && ::fchmod(file, 0640) == 0;
  const int error = errno;
  if (::close(file) == 0 && good) return std::nullopt;
  return fmt::format("{} could not be written: {}", path, std::strerror(error));
}

std::optional<std::string> make_directory(const std::string& directory,
                                          const Reader& reader) {
  if (::mkdir(directory.c_str(), 0700) != 0)
    return errno == EEXIST
               ? std::nullopt
               : std::optional{fmt::format("{}: {}", directory, std::strerror(errno))};
  if (::geteuid() == 0 && reader.is_known &&
      (::chown(directory.c_str(), 0, reader.group) != 0 ||
       ::chmod(directory.c_str(), 0750) != 0))
    return fmt::format("{}: {}", directory, std::strerror(errno));
  return std::nullopt;
}

}  // namespace

std::vector<OldKey> look_at_keys(const importing::Draft& draft, const std::string& root,
                                 const std::string& user) {
  const auto reader = reader_called(user);
  std::vector<OldKey> keys;
  for (const auto& row : draft.rows()) {
    if (!names_a_key(row)) continue;
    const std::string file{row.text("file")};
    keys.push_back({std::string{row.text("domain")}, std::string{row.text("selector")},
                    file, trouble_with(reader, root + file, row.bare_seed)});
  }
  return keys;
}

std::optional<std::string> copy_keys(importing::Draft& draft, const std::string& root,
                                     const std::string& directory,
                                     const std::string& user) {
  const auto reader = reader_called(user);
  if (auto fault = make_directory(directory, reader)) return fault;
  const auto absolute = std::filesystem::absolute(directory).lexically_normal().string();
  for (auto& row : draft.rows()) {
    if (!names_a_key(row)) continue;
    const std::string file{row.text("file")};
    const auto content = read_file(root + file);
    if (!content) return fmt::format("{}{} {}", root, file, content.fault());
    const auto pem = row.bare_seed ? pem_of_seed(*content) : std::optional{*content};
    if (!pem) return fmt::format("{}{} is no Ed25519 seed in base64", root, file);
    const auto copy =
        fmt::format("{}{}{}.{}.pem", absolute, absolute.ends_with("/") ? "" : "/",
                    row.text("domain"), row.text("selector"));
    if (auto fault = write_key(copy, *pem, reader)) return fault;
    row.set("file", copy);
    row.bare_seed = false;
  }
  return std::nullopt;
}

}  // namespace milterward::commands
