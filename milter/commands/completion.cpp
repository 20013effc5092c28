// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "milter/commands/exit_codes.h"

namespace milterward::commands {
namespace {

struct Argument {
  std::vector<std::string> flags;  // "-c", "--config"; none for what stands without
  std::string help;
  bool takes_value;
  std::vector<std::string> words;  // what may be given; none: anything, files among it
};

struct Command {
  std::string name;  // empty for the program itself
  std::string help;
  std::vector<Argument> options;
  std::vector<Argument> positionals;
};

/// CLI11 shows what may be given only in a text: "TEXT:{sample,manual}", and with the
/// numbers behind an enumeration, "{native->0,libspf2->1}".
std::vector<std::string> words_of(const std::string& type) {
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  std::vector<std::string> words;
  if (begin == std::string::npos || end == std::string::npos) return words;
  for (auto at = begin + 1; at < end;) {
    const auto comma = std::min(type.find(',', at), end);
    const auto word = type.substr(at, comma - at);
    words.push_back(word.substr(0, word.find("->")));
    at = comma + 1;
  }
  return words;
}

Command command_of(const CLI::App& app) {
  Command command{app.get_name(), app.get_description(), {}, {}};
  for (const auto* option : app.get_options()) {
    Argument argument{{},
                      option->get_description(),
                      option->get_items_expected_max() > 0,
                      words_of(option->get_type_name())};
    for (const auto& name : option->get_snames()) argument.flags.push_back("-" + name);
    for (const auto& name : option->get_lnames()) argument.flags.push_back("--" + name);
    (argument.flags.empty() ? command.positionals : command.options)
        .push_back(std::move(argument));
  }
  return command;
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> commands;
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(command_of(*sub));
  return commands;
}

std::string flags_of(const Command& command) {
  std::string flags;
  for (const auto& option : command.options)
    flags += (flags.empty() ? "" : " ") + fmt::format("{}", fmt::join(option.flags, " "));
  return flags;
}

/// The text between single quotes.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

/// With the characters that structure an entry of zsh's _arguments and _describe.
std::string zsh_quoted(std::string_view before, std::string_view text,
                       std::string_view after = "") {
  std::string out{before};
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return shell_quoted(out + std::string{after});
}

// bash: words are offered where the table has some; elsewhere nothing is, and "-o default"
// completes files.
void print_bash(const Command& program, const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  fmt::print(
      "_milterward() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} "
      "words\n"
      "  words=\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    words='{} {}'\n"
      "  else\n"
      "    case \"${{COMP_WORDS[1]}} $before\" in\n",
      fmt::join(names, " "), flags_of(program));
  for (const auto& command : commands) {
    for (const auto& option : command.options) {
      if (!option.takes_value) continue;
      std::string patterns;
      for (const auto& flag : option.flags)
        patterns += (patterns.empty() ? "" : "|") + shell_quoted(command.name + " " + flag);
      fmt::print("      {}) words='{}' ;;\n", patterns, fmt::join(option.words, " "));
    }
    std::vector<std::string> words;
    for (const auto& positional : command.positionals)
      words.insert(words.end(), positional.words.begin(), positional.words.end());
    const bool takes_files = !command.positionals.empty() && words.empty();
    fmt::print("      {}*) {}words='{}' ;;\n", shell_quoted(command.name + " "),
               takes_files ? "[[ $word != -* ]] || " : "",
               words.empty()
                   ? flags_of(command)
                   : fmt::format("{} {}", fmt::join(words, " "), flags_of(command)));
  }
  fmt::print(
      "    esac\n"
      "  fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}}\n"
      "complete -o default -F _milterward milterward\n");
}

std::string zsh_action(const Argument& argument) {
  return argument.words.empty()
             ? ":value:_files"
             : fmt::format(":value:({})", fmt::join(argument.words, " "));
}

void print_zsh(const std::vector<Command>& commands) {
  fmt::print(
      "_milterward() {{\n"
      "  local -a commands\n"
      "  commands=(\n");
  for (const auto& command : commands)
    fmt::print("    {}\n", zsh_quoted(command.name + ":", command.help));
  fmt::print(
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $words[1] in\n");
  for (const auto& command : commands) {
    fmt::print("    {}) _arguments", command.name);
    for (const auto& option : command.options) {
      for (const auto& flag : option.flags)
        fmt::print(
            " \\\n      {}",
            zsh_quoted(flag + "[", option.help,
                       "]" + (option.takes_value ? zsh_action(option) : std::string{})));
    }
    for (const auto& positional : command.positionals)
      fmt::print(" \\\n      {}", shell_quoted("*" + zsh_action(positional)));
    fmt::print(" ;;\n");
  }
  fmt::print(
      "  esac\n"
      "}}\n"
      "_milterward \"$@\"\n");
}

void print_fish(const std::vector<Command>& commands) {
  for (const auto& command : commands) {
    fmt::print("complete -c milterward -f -n __fish_use_subcommand -a {} -d {}\n",
               command.name, shell_quoted(command.help));
    const auto here = fmt::format(
        "complete -c milterward -n '__fish_seen_subcommand_from {}'", command.name);
    if (command.positionals.empty()) fmt::print("{} -f\n", here);
    for (const auto& positional : command.positionals) {
      if (!positional.words.empty())
        fmt::print("{} -f -a '{}'\n", here, fmt::join(positional.words, " "));
    }
    for (const auto& option : command.options) {
      fmt::print("{}", here);
      for (const auto& flag : option.flags)
        fmt::print(" {} {}", flag.starts_with("--") ? "-l" : "-s",
                   flag.substr(flag.find_first_not_of('-')));
      if (option.takes_value) fmt::print(" -r");
      if (!option.words.empty()) fmt::print(" -f -a '{}'", fmt::join(option.words, " "));
      fmt::print(" -d {}\n", shell_quoted(option.help));
    }
  }
}

}  // namespace

std::vector<std::string> completion_shells() { return {"bash", "zsh", "fish"}; }

int completion(const CLI::App& app, const std::string& shell) {
  const auto commands = commands_of(app);
  fmt::print("{}# Printed by \"milterward completion {}\".\n",
             shell == "zsh" ? "#compdef milterward\n" : "", shell);
  if (shell == "bash") print_bash(command_of(app), commands);
  if (shell == "zsh") print_zsh(commands);
  if (shell == "fish") print_fish(commands);
  return ok;
}

}  // namespace milterward::commands
