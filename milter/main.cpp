// SPDX-License-Identifier: Apache-2.0
// The command line. Each subcommand is a function in milter/commands/ or the daemon; what
// they throw ends here.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "conf/problem.h"
#include "milter/commands/check_config.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/explain.h"
#include "milter/commands/files.h"
#include "milter/commands/reference.h"
#include "milter/commands/version.h"
#include "milter/daemon.h"
#include "milter/privileges.h"
#include "milter/wiring.h"

namespace {

using namespace milterward;
using namespace milterward::commands;

/// Keys are tried as the user who will read them.
std::vector<std::string> try_keys(const conf::Config& config) {
  const auto account = account_to_become(config.daemon.user);
  if (!account) return {account.fault()};
  if (*account) {
    if (const auto became = become(**account); !became) return {became.fault()};
  }
  return Wiring{}.unusable_keys(config);
}

int run(int argc, char** argv) {
  CLI::App app{
      "Milterward decides about mail for Postfix and Sendmail: who may relay, what "
      "SPF, DKIM\nand DMARC prove, and which signatures outgoing mail gets."};
  app.name("milterward");
  app.require_subcommand(1);
  app.footer(exit_codes_help);
  app.set_version_flag("--version", "milterward " MILTERWARD_VERSION);
  int code = ok;
  std::string config_file = default_config_file;
  std::string facts_file;
  std::string topic;
  bool json = false;
  const auto output = [&] { return json ? Output::json : Output::text; };

  auto* daemon = app.add_subcommand("run", "Run the daemon in the foreground");
  daemon->add_option("-c,--config", config_file, "Configuration file")
      ->capture_default_str();
  daemon->footer("SIGHUP reads the configuration again, SIGTERM drains and ends.");
  daemon->callback([&] { code = run_daemon(config_file); });

  auto* check = app.add_subcommand(
      "check-config", "Check a configuration and the keys it names; start nothing");
  check->add_option("FILE", config_file, "Configuration file")->capture_default_str();
  check->callback([&] { code = check_config(config_file, try_keys); });

  auto* explaining =
      app.add_subcommand("explain", "Decide the facts in a file again (see log.facts)");
  explaining->add_option("FILE", facts_file, "File with facts; - is standard input")
      ->required();
  explaining->add_option("-c,--config", config_file, "Configuration file")
      ->capture_default_str();
  explaining->add_flag("--json", json, "Print JSON");
  explaining->callback([&] { code = explain(facts_file, config_file, output()); });

  auto* reference = app.add_subcommand("config-reference",
                                       "Print the sample configuration or a manual page");
  reference->add_option("TOPIC", topic, "What to print")
      ->required()
      ->check(CLI::IsMember(reference_topics()));
  reference->callback([&] { code = config_reference(topic); });

  auto* events = app.add_subcommand("list-events", "Print every log event and its fields");
  events->callback([&] { code = list_events(); });

  auto* about =
      app.add_subcommand("version", "Print the versions of program and libraries");
  about->add_flag("--json", json, "Print JSON");
  about->callback([&] { code = version(library_versions(), output()); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? ok : wrong_usage;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc, argv);
} catch (const conf::ConfigError& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return wrong_config;
} catch (const std::exception& e) {
  std::fprintf(stderr, "milterward: %s\n", e.what());
  return failed;
}
