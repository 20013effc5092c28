// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/journal_options.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "milter/commands/explain.h"
#include "milter/commands/files.h"
#include "milter/commands/journal.h"
#include "milter/commands/log.h"
#include "milter/commands/tell.h"

namespace milterward::commands {
namespace {

void add_journal_place(CLI::App& command, JournalPlace& place) {
  place.config_file = default_config_file;
  command.add_option("-c,--config", place.config_file, "Configuration file")
      ->capture_default_str();
  command.add_option("--journal", place.file, "The journal [journal.file]");
}

void add_explain(CLI::App& app, const JournalTools& tools, int& code) {
  struct Arguments {
    std::string what;
    JournalPlace place;
    Output output = Output::text;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "explain", "Tell what became of a message, or decide logged facts again");
  command
      ->add_option("WHAT", arguments->what,
                   "A queue id or Message-ID, or a file with facts; - is standard input")
      ->required();
  add_journal_place(*command, arguments->place);
  command->add_flag_callback(
      "--json", [arguments] { arguments->output = Output::json; }, "Print JSON");
  command->callback([arguments, tools, &code] {
    const auto& [what, place, output] = *arguments;
    code = is_facts_file(what) ? explain(what, place.config_file, output)
                               : tell(what, place, tools, output);
  });
}

void add_log(CLI::App& app, const JournalTools& tools, int& code) {
  const auto arguments = std::make_shared<LogArguments>();
  auto* command = app.add_subcommand("log", "Find decisions in the journal");
  command->add_option("--from", arguments->from,
                      "Of this sender (MAIL FROM); @example.org is a whole domain");
  command->add_option("--to", arguments->to, "To this recipient, likewise");
  command->add_option("--domain", arguments->domain,
                      "Of this domain, as author, sender or recipient");
  command->add_option("--rule", arguments->rule,
                      "By this rule, or all that begin so: dmarc.reject, dmarc");
  command->add_option("--verdict", arguments->verdict, "With this outcome")
      ->check(CLI::IsMember(
          {"accept", "tag", "subject", "quarantine", "redirect", "defer", "reject"}));
  command->add_option("--since", arguments->since,
                      "Not before: 2h, 3d, or \"2026-11-23 19:31\" in UTC");
  command->add_option("--until", arguments->until, "Before, likewise");
  command->add_option("--limit", arguments->most, "Only the newest so many");
  add_journal_place(*command, arguments->journal);
  command->add_flag_callback(
      "--json", [arguments] { arguments->output = Output::json; },
      "Print JSON, an object a line");
  command->callback([arguments, tools, &code] { code = log(*arguments, tools); });
}

void add_journal(CLI::App& app, const JournalTools& tools, int& code) {
  struct Arguments {
    std::string action;
    std::string name;
    JournalPlace place;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("journal", "Erase a person from the journal");
  command->add_option("ACTION", arguments->action, "erase")
      ->required()
      ->check(CLI::IsMember({"erase"}));
  command->add_option("ADDRESS", arguments->name, "The address or login")->required();
  add_journal_place(*command, arguments->place);
  // The check of ACTION has read it.
  command->callback([arguments, tools, &code] {
    code = erase_from_journal(arguments->name, arguments->place, tools);
  });
}

}  // namespace

void add_journal_commands(CLI::App& app, const JournalTools& tools, int& code) {
  add_explain(app, tools, code);
  add_log(app, tools, code);
  add_journal(app, tools, code);
}

}  // namespace milterward::commands
