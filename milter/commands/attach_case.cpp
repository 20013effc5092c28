// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/attach_case.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "milter/attach/child_program.h"
#include "milter/attach/postconf.h"
#include "milter/commands/files.h"

namespace milterward::attach {
namespace {

using commands::AttachArguments;

/// A relative directory is nothing to the programs of Postfix.
Result<std::string, std::string> directory_of(const AttachArguments& arguments) {
  if (arguments.config_directory.empty()) return Postconf{""}.config_directory();
  std::error_code ignored;
  auto path = std::filesystem::absolute(arguments.config_directory, ignored);
  if (!path.has_filename()) path = path.parent_path();
  return path.string();
}

}  // namespace

bool Outcome::changes(const Case& found) const {
  return !to_run.empty() || files.main.text != found.files.main.text ||
         files.master.text != found.files.master.text ||
         config_text != found.config_text.text;
}

Result<front::SocketSpec, std::string> socket_of(const AttachArguments& arguments,
                                                 const conf::Config& config) {
  return front::parse_socket_spec(arguments.socket.empty() ? config.milter.socket
                                                           : arguments.socket);
}

std::optional<SocketSite> site_of(const Case& found, const front::SocketSpec& socket) {
  if (socket.kind != front::SocketSpec::Kind::unix_path) return {};
  return look_at_site(socket.path, found.config,
                      std::string{found.setup.meant_of("mail_owner")},
                      found.setup.meant_of("queue_directory"));
}

Result<Case, std::string> look(const AttachArguments& arguments) {
  Case found;
  if (::access(arguments.config_file.c_str(), R_OK) != 0 && errno == EACCES)
    return Unexpected{fmt::format("{} may not be read by you: run the same with sudo",
                                  arguments.config_file)};
  auto config = commands::read_config(arguments.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  auto text = read_whole(arguments.config_file);
  if (!text) return Unexpected{text.fault()};
  found.config = std::move(*config);
  found.config_text = std::move(*text);
  auto directory = directory_of(arguments);
  if (!directory) return Unexpected{directory.fault()};
  found.directory = std::move(*directory);
  auto setup = Postconf{found.directory}.read();
  if (!setup) return Unexpected{setup.fault()};
  found.setup = std::move(*setup);
  auto files = read_files(found.directory);
  if (!files) return Unexpected{files.fault()};
  found.files = std::move(*files);
  if (auto backup = read_backup(found.directory))
    found.backup = std::move(*backup);
  else if (::geteuid() == 0)  // to others it is closed
    return Unexpected{backup.fault()};
  return found;
}

Readers readers(const std::string& config_directory) {
  return {[](const std::string& path) -> Result<std::string, std::string> {
            auto file = read_whole(path);
            if (!file) return Unexpected{file.fault()};
            return std::move(file->text);
          },
          [config_directory](const std::string& table) {
            return answer_of({"postmap", "-c", config_directory, "-s", table});
          }};
}

Backup backup_for(const Case& found, const Outcome& outcome) {
  // Taken out by hand: what is there now is what a later detach has to restore.
  const bool is_out = found.backup && plan_detachment(found.setup, found.backup->address,
                                                      found.backup->changes)
                                          .changes.empty();
  if (!found.backup || is_out)
    return {found.address, found.files, outcome.files, outcome.plan.changes,
            outcome.groups};
  auto backup = *found.backup;
  backup.address = found.address;
  // Edited since: what was attached stays as it was, so that detach sees the edit.
  if (backup.leads_back_from(found.files)) backup.attached = outcome.files;
  backup.groups.insert(backup.groups.end(), outcome.groups.begin(), outcome.groups.end());
  backup.changes = joined(std::move(backup.changes), outcome.plan.changes);
  return backup;
}

/// A file that is written anew would take the place of the link, not of what it leads to.
std::optional<std::string> link_in_the_way(const Case& found, const Outcome& outcome) {
  std::vector<std::string> paths;
  if (outcome.files.main.text != found.files.main.text)
    paths.push_back(found.directory + "/main.cf");
  if (outcome.files.master.text != found.files.master.text)
    paths.push_back(found.directory + "/master.cf");
  if (outcome.config_text != found.config_text.text)
    paths.push_back(found.config.places.file());
  for (const auto& path : paths) {
    std::error_code ignored;
    if (std::filesystem::is_symlink(path, ignored))
      return fmt::format(
          "{} is a symbolic link, and what keeps it so should write these lines; nothing "
          "has "
          "been changed",
          path);
  }
  return {};
}

std::optional<std::string> write(const Case& found, const Outcome& outcome) {
  for (const auto& command : outcome.to_run)
    if (const auto answer = answer_of(command.words); !answer) return answer.fault();
  if (outcome.config_text != found.config_text.text) {
    auto file = found.config_text;
    file.text = outcome.config_text;
    if (auto fault = replace(found.config.places.file(), file)) return fault;
  }
  auto fault = Postconf{found.directory}.carry_out(outcome.plan.changes);
  if (!fault) return keep_rights(found.directory, found.files);
  if (auto worse = replace_files(found.directory, found.files))
    return fmt::format(
        "{}; and main.cf and master.cf could not be restored: {}. Their "
        "copies are in {}",
        *fault, *worse, backup_directory(found.directory));
  return fmt::format("{}; main.cf and master.cf are as they were", *fault);
}

}  // namespace milterward::attach
