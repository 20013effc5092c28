// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/attach_telling.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "milter/attach/line_diff.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"

namespace milterward::attach {
namespace {

using Json = nlohmann::ordered_json;
using commands::AttachArguments;
using commands::default_config_file;
using commands::failed;
using commands::ok;
using commands::Output;

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

}  // namespace

void print_json(const Case& found, const Outcome& outcome, const char* state) {
  Json object;
  object["mta"] = "postfix";
  object["config_directory"] = found.directory;
  object["state"] = state;
  object["socket"] = found.address;
  object["changes"] = Json::array();
  for (const auto& change : outcome.plan.changes)
    object["changes"].push_back(to_json(change));
  object["commands"] = Json::array();
  for (const auto& command : outcome.to_run)
    object["commands"].push_back({{"words", command.words}, {"why", command.why}});
  object["diff"] = diff_of(found, outcome);
  object["notes"] = outcome.plan.notes;
  object["backup"] = backup_directory(found.directory);
  fmt::print("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
}

namespace {

void print_notes(const Outcome& outcome) {
  if (!outcome.plan.notes.empty()) fmt::print("\nTo know:\n");
  for (const auto& note : outcome.plan.notes) fmt::print("- {}\n", note);
}

void print_proposal(const Case& found, const Outcome& outcome) {
  fmt::print("{}", diff_of(found, outcome));
  for (const auto& command : outcome.to_run)
    fmt::print("# {}\n", fmt::join(command.words, " "));
  if (!outcome.plan.changes.empty() || !outcome.to_run.empty()) fmt::print("\nWhy:\n");
  for (const auto& command : outcome.to_run)
    fmt::print("- {}: {}\n", command.words.front(), command.why);
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

}  // namespace

bool tell(const Case& found, const Outcome& outcome, const Words& words,
          const AttachArguments& arguments, int& code) {
  const bool any = outcome.changes(found);
  const bool may = ::access(found.directory.c_str(), W_OK) == 0;
  const bool goes_on = any && arguments.applies && may;
  code = any && arguments.applies && !may ? failed : ok;
  if (arguments.output == Output::json) {
    if (!goes_on) print_json(found, outcome, any ? "proposed" : "unchanged");
    if (code != ok)
      commands::complain(words.command,
                         fmt::format("only who may write to {} can do it: sudo {}",
                                     found.directory, again(words.command, arguments)));
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

}  // namespace milterward::attach
