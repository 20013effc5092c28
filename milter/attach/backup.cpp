// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/backup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace milterward::attach {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view main_name = "main.cf";
constexpr std::string_view master_name = "master.cf";
constexpr std::string_view attached_suffix = ".attached";
constexpr std::string_view changes_name = "changes.json";

std::string below(const std::string& directory, std::string_view name,
                  std::string_view suffix = "") {
  return fmt::format("{}/{}{}", directory, name, suffix);
}

Json json_of(const std::optional<std::string>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<std::string> value_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return {};
}

std::string to_json(const Backup& backup) {
  Json object{{"version", 1}, {"address", backup.address}, {"changes", Json::array()}};
  for (const auto& change : backup.changes)
    object["changes"].push_back({{"service", change.service},
                                 {"parameter", change.parameter},
                                 {"before", json_of(change.before)},
                                 {"after", json_of(change.after)}});
  object["groups"] = backup.groups;
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// False when it is not what to_json() wrote.
bool read_json(const std::string& text, Backup& backup) {
  const auto object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("changes") || !object["changes"].is_array() ||
      !object.contains("address") || !object["address"].is_string())
    return false;
  backup.address = object["address"];
  for (const auto& one : object["changes"]) {
    const auto word = [&](const char* name) {
      return one.is_object() && one.contains(name) && one[name].is_string()
                 ? one[name].get<std::string>()
                 : std::string{};
    };
    if (word("parameter").empty()) return false;
    backup.changes.push_back({word("service"), word("parameter"),
                              value_of(one.value("before", Json(nullptr))),
                              value_of(one.value("after", Json(nullptr))), ""});
  }
  for (const auto& group : object.value("groups", Json::array()))
    if (group.is_string()) backup.groups.push_back(group);
  return true;
}

Result<PostfixFiles, std::string> read_pair(const std::string& directory,
                                            std::string_view suffix) {
  auto main = read_whole(below(directory, main_name, suffix));
  if (!main) return Unexpected{main.fault()};
  auto master = read_whole(below(directory, master_name, suffix));
  if (!master) return Unexpected{master.fault()};
  return PostfixFiles{std::move(*main), std::move(*master)};
}

std::optional<std::string> replace_pair(const std::string& directory,
                                        const PostfixFiles& files,
                                        std::string_view suffix) {
  if (auto fault = replace(below(directory, main_name, suffix), files.main)) return fault;
  return replace(below(directory, master_name, suffix), files.master);
}

}  // namespace

Result<PostfixFiles, std::string> read_files(const std::string& config_directory) {
  return read_pair(config_directory, "");
}

std::optional<std::string> replace_files(const std::string& config_directory,
                                         const PostfixFiles& files) {
  return replace_pair(config_directory, files, "");
}

std::optional<std::string> keep_rights(const std::string& config_directory,
                                       const PostfixFiles& files) {
  if (auto fault = keep_rights(below(config_directory, main_name), files.main))
    return fault;
  return keep_rights(below(config_directory, master_name), files.master);
}

std::string backup_directory(const std::string& config_directory) {
  return below(config_directory, "milterward-attach");
}

Result<std::optional<Backup>, std::string> read_backup(
    const std::string& config_directory) {
  const auto directory = backup_directory(config_directory);
  const auto path = below(directory, changes_name);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 && errno == ENOENT) return std::optional<Backup>{};
  const auto changes = read_whole(path);
  if (!changes) return Unexpected{changes.fault()};
  Backup backup;
  if (!read_json(changes->text, backup))
    return Unexpected{fmt::format("{}: is not what attach wrote", path)};
  auto before = read_pair(directory, "");
  if (!before) return Unexpected{before.fault()};
  auto attached = read_pair(directory, attached_suffix);
  if (!attached) return Unexpected{attached.fault()};
  backup.before = std::move(*before);
  backup.attached = std::move(*attached);
  return std::optional{std::move(backup)};
}

std::optional<std::string> write_backup(const std::string& config_directory,
                                        const Backup& backup) {
  const auto directory = backup_directory(config_directory);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fmt::format("{}: cannot be made: {}", directory, std::strerror(errno));
  if (auto fault = replace_pair(directory, backup.before, "")) return fault;
  if (auto fault = replace_pair(directory, backup.attached, attached_suffix)) return fault;
  return replace(below(directory, changes_name),
                 {to_json(backup), 0600, ::geteuid(), ::getegid()});
}

std::optional<std::string> remove_backup(const std::string& config_directory) {
  const auto directory = backup_directory(config_directory);
  // Without the changes there is no backup, whatever else is left of it.
  for (const auto& path :
       {below(directory, changes_name), below(directory, main_name),
        below(directory, master_name), below(directory, main_name, attached_suffix),
        below(directory, master_name, attached_suffix)})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return fmt::format("{}: cannot be removed: {}", path, std::strerror(errno));
  if (::rmdir(directory.c_str()) != 0 && errno != ENOENT && errno != ENOTEMPTY)
    return fmt::format("{}: cannot be removed: {}", directory, std::strerror(errno));
  return {};
}

std::vector<Change> joined(std::vector<Change> earlier, const std::vector<Change>& later) {
  for (const auto& change : later) {
    const auto at = std::ranges::find_if(earlier, [&](const Change& known) {
      return known.service == change.service && known.parameter == change.parameter;
    });
    if (at == earlier.end())
      earlier.push_back(change);
    else
      at->after = change.after;
  }
  return earlier;
}

}  // namespace milterward::attach
