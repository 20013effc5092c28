// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/attach.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "conf/load.h"
#include "milter/attach/backup.h"
#include "milter/attach/child_program.h"
#include "milter/attach/line_diff.h"
#include "milter/attach/own_config.h"
#include "milter/attach/postconf.h"
#include "milter/attach/rehearsal.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/front/socket_spec.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using namespace attach;

/// All that is known before anything is written.
struct Case {
  conf::Config config;
  WholeFile config_text;
  std::string directory;  // of main.cf
  PostfixSetup setup;
  PostfixFiles files;
  std::string address;  // ours
  std::optional<Backup> backup;
};

struct Outcome {
  Plan plan;
  PostfixFiles files;               // as they would be
  std::string config_text;          // likewise
  bool restores_the_bytes = false;  // of detach

  bool changes(const Case& found) const {
    return files.main.text != found.files.main.text ||
           files.master.text != found.files.master.text ||
           config_text != found.config_text.text;
  }
};

struct Words {
  const char* command;  // "attach"
  const char* nothing;  // there is nothing to do
  const char* would;    // "would attach"
  const char* done;
};

int complain(const char* command, const std::string& sentence) {
  fmt::print(stderr, "milterward {}: {}\n", command, sentence);
  return failed;
}

Result<front::SocketSpec, std::string> socket_of(const AttachArguments& arguments,
                                                 const conf::Config& config) {
  return front::parse_socket_spec(arguments.socket.empty() ? config.milter.socket
                                                           : arguments.socket);
}

/// A relative directory is nothing to the programs of Postfix.
Result<std::string, std::string> directory_of(const AttachArguments& arguments) {
  if (arguments.config_directory.empty()) return Postconf{""}.config_directory();
  std::error_code ignored;
  auto path = std::filesystem::absolute(arguments.config_directory, ignored);
  if (!path.has_filename()) path = path.parent_path();
  return path.string();
}

/// Throws ConfigError when milterward.toml cannot be used.
Result<Case, std::string> look(const AttachArguments& arguments) {
  Case found;
  auto text = read_whole(arguments.config_file);
  if (!text) return Unexpected{text.fault()};
  auto config = conf::load_config(text->text, arguments.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
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

Json to_json(const Change& change) {
  const auto value = [](const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
  };
  return {{"file", change.service.empty() ? "main.cf" : "master.cf"},
          {"service", change.service},
          {"parameter", change.parameter},
          {"before", value(change.before)},
          {"after", value(change.after)},
          {"why", change.why}};
}

std::string diff_of(const Case& found, const Outcome& outcome) {
  return line_diff(found.directory + "/main.cf", found.files.main.text,
                   outcome.files.main.text) +
         line_diff(found.directory + "/master.cf", found.files.master.text,
                   outcome.files.master.text) +
         line_diff(found.config.places.file(), found.config_text.text, outcome.config_text);
}

void print_json(const Case& found, const Outcome& outcome, const char* state) {
  Json object;
  object["mta"] = "postfix";
  object["config_directory"] = found.directory;
  object["state"] = state;
  object["socket"] = found.address;
  object["changes"] = Json::array();
  for (const auto& change : outcome.plan.changes)
    object["changes"].push_back(to_json(change));
  object["diff"] = diff_of(found, outcome);
  object["notes"] = outcome.plan.notes;
  object["backup"] = backup_directory(found.directory);
  fmt::print("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_notes(const Outcome& outcome) {
  if (!outcome.plan.notes.empty()) fmt::print("\nTo know:\n");
  for (const auto& note : outcome.plan.notes) fmt::print("- {}\n", note);
}

void print_proposal(const Case& found, const Outcome& outcome) {
  fmt::print("{}", diff_of(found, outcome));
  if (!outcome.plan.changes.empty()) fmt::print("\nWhy:\n");
  for (const auto& change : outcome.plan.changes)
    fmt::print("- {}{}: {}\n", change.service.empty() ? "" : change.service + " ",
               change.parameter, change.why);
}

/// The word with which the command is called again, as its options were.
std::string again(const char* command, const AttachArguments& arguments) {
  std::string words = fmt::format("milterward {} postfix", command);
  if (!arguments.config_directory.empty())
    words += " --config-dir " + arguments.config_directory;
  if (arguments.config_file != default_config_file)
    words += " --config " + arguments.config_file;
  if (!arguments.socket.empty()) words += " --socket " + arguments.socket;
  if (arguments.comes_last) words += " --last";
  if (arguments.filters_bounces) words += " --bounces";
  return words + " --yes";
}

/// Says what is and what would be. True when it is to be done as well.
bool tell(const Case& found, const Outcome& outcome, const Words& words,
          const AttachArguments& arguments, int& code) {
  const bool any = outcome.changes(found);
  const bool may = ::access(found.directory.c_str(), W_OK) == 0;
  const bool goes_on = any && arguments.applies && may;
  code = any && arguments.applies && !may ? failed : ok;
  if (arguments.output == Output::json) {
    if (!goes_on) print_json(found, outcome, any ? "proposed" : "unchanged");
    if (code != ok)
      complain(words.command,
               fmt::format("only who may write to {} can do it: sudo {}", found.directory,
                           again(words.command, arguments)));
    return goes_on;
  }
  fmt::print("Postfix in {}: {}.\n", found.directory, any ? words.would : words.nothing);
  if (any) print_proposal(found, outcome);
  print_notes(outcome);
  if (any && !goes_on)
    fmt::print("\nNothing has been changed. To do it: {}{}\n", may ? "" : "sudo ",
               again(words.command, arguments));
  return goes_on;
}

/// The earlier backup where it still leads back, else this moment's.
Backup backup_for(const Case& found, const Outcome& outcome) {
  if (!found.backup)
    return {found.address, found.files, outcome.files, outcome.plan.changes};
  auto backup = *found.backup;
  backup.address = found.address;
  // Edited since: what was attached stays as it was, so that detach sees the edit.
  if (backup.leads_back_from(found.files)) backup.attached = outcome.files;
  backup.changes = joined(std::move(backup.changes), outcome.plan.changes);
  return backup;
}

std::optional<std::string> write(const Case& found, const Outcome& outcome) {
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

void print_after_attaching(const Case& found, const Outcome& outcome) {
  fmt::print(
      "\nDone. Copies of main.cf and master.cf are in {}; \"milterward detach "
      "postfix\" restores them.\nNow:\n",
      backup_directory(found.directory));
  if (outcome.config_text != found.config_text.text)
    fmt::print("  systemctl reload milterward\n");
  fmt::print(
      "  postfix reload\n"
      "Stay in monitor mode for the first days: \"milterward report monitor\" says "
      "what enforcement would have done.\n");
}

}  // namespace

int attach_postfix(const AttachArguments& arguments) {
  auto found = look(arguments);
  if (!found) return complain("attach", found.fault());
  const auto socket = socket_of(arguments, found->config);
  if (!socket) return complain("attach", socket.fault());
  const auto address = address_for(*socket, found->setup);
  if (!address) return complain("attach", address.fault());
  found->address = *address;
  Outcome outcome;
  auto plan = plan_attachment(found->setup,
                              {*address, arguments.comes_last, arguments.filters_bounces});
  if (!plan) return complain("attach", plan.fault());
  outcome.plan = std::move(*plan);
  auto files = rehearse(found->files, outcome.plan.changes);
  if (!files) return complain("attach", files.fault());
  outcome.files = std::move(*files);
  const auto proposal = propose_config(found->config_text.text, found->config,
                                       own_names(found->setup, readers(found->directory)));
  outcome.config_text = proposal.text;
  outcome.plan.notes.insert(outcome.plan.notes.end(), proposal.notes.begin(),
                            proposal.notes.end());
  int code = ok;
  const Words words{"attach", "it is attached already, nothing is to be changed",
                    "this would attach Milterward", ""};
  if (!tell(*found, outcome, words, arguments, code)) return code;
  if (!outcome.plan.changes.empty())
    if (const auto fault = write_backup(found->directory, backup_for(*found, outcome)))
      return complain("attach", *fault);
  if (const auto fault = write(*found, outcome)) return complain("attach", *fault);
  if (arguments.output == Output::json)
    print_json(*found, outcome, "attached");
  else
    print_after_attaching(*found, outcome);
  return ok;
}

int detach_postfix(const AttachArguments& arguments) {
  auto found = look(arguments);
  if (!found) return complain("detach", found.fault());
  if (found->backup) {
    found->address = found->backup->address;
  } else {
    const auto socket = socket_of(arguments, found->config);
    if (!socket) return complain("detach", socket.fault());
    const auto address = address_for(*socket, found->setup);
    if (!address) return complain("detach", address.fault());
    found->address = *address;
  }
  Outcome outcome;
  outcome.config_text = found->config_text.text;
  outcome.plan =
      plan_detachment(found->setup, found->address,
                      found->backup ? found->backup->changes : std::vector<Change>{});
  outcome.restores_the_bytes =
      found->backup && found->backup->leads_back_from(found->files);
  if (outcome.restores_the_bytes) {
    outcome.files = found->backup->before;
  } else {
    auto files = rehearse(found->files, outcome.plan.changes);
    if (!files) return complain("detach", files.fault());
    outcome.files = std::move(*files);
    if (found->backup)
      outcome.plan.notes.insert(
          outcome.plan.notes.begin(),
          "main.cf or master.cf was edited since Milterward was attached: that stays, and "
          "only what attach wrote goes");
  }
  int code = ok;
  const Words words{"detach", "Milterward is not attached, nothing is to be changed",
                    "this would detach Milterward", ""};
  if (!tell(*found, outcome, words, arguments, code)) return code;
  if (outcome.restores_the_bytes) {
    if (const auto fault = replace_files(found->directory, outcome.files))
      return complain("detach", *fault);
  } else if (const auto fault = write(*found, outcome)) {
    return complain("detach", *fault);
  }
  if (const auto fault = remove_backup(found->directory)) return complain("detach", *fault);
  if (arguments.output == Output::json)
    print_json(*found, outcome, "detached");
  else
    fmt::print("\nDone{}. Now: postfix reload\n",
               outcome.restores_the_bytes ? ": main.cf and master.cf are as before" : "");
  return ok;
}

}  // namespace milterward::commands
