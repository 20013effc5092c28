// SPDX-License-Identifier: Apache-2.0
// The command line. Each subcommand is a function in milter/commands/ or the daemon; what
// they throw ends here.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "conf/problem.h"
#include "milter/commands/account.h"
#include "milter/commands/attach.h"
#include "milter/commands/attach_sendmail.h"
#include "milter/commands/check_config.h"
#include "milter/commands/completion.h"
#include "milter/commands/doctor_options.h"
#include "milter/commands/evaluate.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/commands/import.h"
#include "milter/commands/journal_options.h"
#include "milter/commands/key_command_line.h"
#include "milter/commands/key_options.h"
#include "milter/commands/reference.h"
#include "milter/commands/relaytest.h"
#include "milter/commands/report_options.h"
#include "milter/commands/sign.h"
#include "milter/commands/spf.h"
#include "milter/commands/version.h"
#include "milter/daemon.h"
#include "milter/notify/targets.h"
#include "milter/privileges.h"
#include "milter/wiring.h"
#include "policy/sign/openssl_memory.h"

namespace {

using namespace milterward;
using namespace milterward::commands;

/// All that the text alone does not show. Files are tried as the user who will read them.
std::vector<conf::ConfigProblem> try_out(const conf::Config& config) {
  auto problems = Wiring{}.unusable_engines(config);
  std::ranges::move(unknown_accounts(config), std::back_inserter(problems));
  if (const auto account = account_to_become(config.daemon.user); account && *account) {
    if (const auto became = become(**account); !became)
      problems.push_back(config.places.problem("daemon.user", {became.fault(), ""}));
  }
  std::ranges::move(Wiring{}.unusable_files(config), std::back_inserter(problems));
  std::ranges::move(notify::unusable_targets(config), std::back_inserter(problems));
  return problems;
}

/// What the three commands that look at mail by hand have in common.
CLI::App* add_by_hand(CLI::App& app, const char* name, const char* help, ByHand& by_hand) {
  auto* command = app.add_subcommand(name, help);
  command->add_option("-c,--config", by_hand.config_file,
                      "Configuration file [the installed one, or defaults]");
  return command;
}

void add_examination(CLI::App& command, ByHand& by_hand) {
  command.add_option("--zone", by_hand.zone_file, "Answer DNS from this zone file");
  command.add_flag_callback(
      "--json", [&] { by_hand.output = Output::json; }, "Print JSON");
}

void add_spf(CLI::App& app, ByHand& by_hand, int& code) {
  const auto arguments = std::make_shared<SpfArguments>();
  auto* command = add_by_hand(app, "spf", "Check SPF for a client and a sender", by_hand);
  command->add_option("--ip", arguments->ip, "Address of the client")->required();
  command->add_option("--sender", arguments->sender, "MAIL FROM; <> is the null sender")
      ->required();
  command->add_option("--helo", arguments->helo, "Name the client gave in HELO");
  command->add_option("--engine", arguments->engine, "The engine [spf.engine]")
      ->option_text("native|libspf2")
      ->transform(CLI::CheckedTransformer(std::map<std::string, conf::SpfEngine>{
          {"native", conf::SpfEngine::native}, {"libspf2", conf::SpfEngine::libspf2}}));
  add_examination(*command, by_hand);
  command->callback([arguments, &by_hand, &code] { code = spf(*arguments, by_hand); });
}

void add_evaluate(CLI::App& app, ByHand& by_hand, int& code) {
  const auto arguments = std::make_shared<EvaluateArguments>();
  auto* command = add_by_hand(
      app, "evaluate", "Tell what the daemon would find and do about a message", by_hand);
  command->add_option("MESSAGE", arguments->message, "The message; - is standard input")
      ->required();
  command->add_option("--ip", arguments->ip, "Address of the client [topmost Received]");
  command->add_option("--helo", arguments->helo, "Name the client gave in HELO");
  command->add_option("--sender", arguments->sender, "MAIL FROM [Return-Path]");
  command->add_option("--rcpt", arguments->recipients, "A recipient; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--login", arguments->login, "The client authenticated as this");
  add_examination(*command, by_hand);
  command->callback([arguments, &by_hand, &code] { code = evaluate(*arguments, by_hand); });
}

void add_sign(CLI::App& app, ByHand& by_hand, int& code) {
  const auto arguments = std::make_shared<SignArguments>();
  auto* command =
      add_by_hand(app, "sign", "Write a message with its DKIM signatures", by_hand);
  command->add_option("MESSAGE", arguments->message, "The message; - is standard input")
      ->required();
  command->add_option("--login", arguments->login, "Who hands it in");
  auto& key = arguments->key;
  command->add_option("--domain", key.domain, "Domain of a key (d=)");
  command->add_option("--selector", key.selector, "Selector of that key (s=)");
  command->add_option("--key", key.file, "File of that key, in PEM, or its PKCS#11 URI");
  for (const auto* row : options_of_key())
    command->add_option_function<std::string>(
        option_of(*row),
        [arguments, row](const std::string& text) {
          arguments->key.options.emplace_back(row, text);
        },
        "As " + std::string{row->name} + " in milterward.toml");
  command->callback(
      [arguments, &by_hand, &code] { code = commands::sign(*arguments, by_hand); });
}

void add_relaytest(CLI::App& app, int& code) {
  const auto arguments = std::make_shared<RelayTestArguments>();
  const auto only_list = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("relaytest", "Try whether a server of yours relays for strangers");
  auto* list =
      command->add_flag("--list", *only_list, "Print the attempts and connect to nobody");
  command->add_option("HOST", arguments->server, "The server: HOST, HOST:PORT")
      ->excludes(list);
  command
      ->add_option("--mine", arguments->mine,
                   "An address of a server of yours; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--domain", arguments->domain, "A domain it takes mail for");
  command->add_option("--foreign", arguments->foreign, "A domain it does not take mail for")
      ->capture_default_str();
  command->add_option("--source", arguments->source, "Address of this host to come from");
  command->add_option("--helo", arguments->helo, "Name for EHLO [that of this host]");
  command->add_option("--patience", arguments->patience_s, "Seconds to wait for a reply")
      ->check(CLI::Range(1, 300))
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [arguments] { arguments->output = Output::json; }, "Print JSON");
  command->footer(
      "Exit codes: 0 closed, 1 not conclusive, 2 relays, 3 doubtful, 64 usage.");
  command->callback([arguments, only_list, &code] {
    code = *only_list ? list_relay_battery() : relaytest(*arguments);
  });
}

void add_account(CLI::App& app, int& code) {
  const auto arguments = std::make_shared<AccountArguments>();
  arguments->config_file = default_config_file;
  auto* command = app.add_subcommand(
      "account", "Ask the running daemon about an account, reset or lock it");
  command->add_option("ACTION", arguments->action, "show, reset, lock, unlock or promote")
      ->required()
      ->check(CLI::IsMember({"show", "reset", "lock", "unlock", "promote"}));
  command->add_option("LOGIN", arguments->login, "The login")->required();
  command->add_option("-c,--config", arguments->config_file, "Configuration file")
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [arguments] { arguments->output = Output::json; }, "Print JSON");
  command->callback([arguments, &code] { code = account(*arguments); });
}

struct Attachment {
  AttachArguments arguments;
  SendmailFiles sendmail;
  bool is_for_postfix() const { return arguments.mta == "postfix"; }
};

/// The options that attach and detach share.
CLI::App* add_attachment(CLI::App& app, const char* name, const char* help,
                         const std::shared_ptr<Attachment>& attachment) {
  auto& arguments = attachment->arguments;
  arguments.config_file = default_config_file;
  auto* command = app.add_subcommand(name, help);
  command->add_option("MTA", arguments.mta, "The mail server")
      ->required()
      ->check(CLI::IsMember({"postfix", "sendmail"}));
  command->add_option("-c,--config", arguments.config_file, "Configuration file")
      ->capture_default_str();
  command->add_option("--socket", arguments.socket, "Our socket [milter.socket]");
  command->add_option("--config-dir", arguments.config_directory,
                      "Postfix: directory of main.cf [the default instance]");
  command->add_flag("--yes", arguments.applies, "Postfix: do it, not only show it");
  auto* mc = command->add_option("--mc", attachment->sendmail.mc,
                                 "Sendmail: look into this sendmail.mc");
  command
      ->add_option("--cf", attachment->sendmail.cf, "Sendmail: look into this sendmail.cf")
      ->excludes(mc);
  command->add_flag_callback(
      "--json", [attachment] { attachment->arguments.output = Output::json; },
      "Print JSON");
  return command;
}

/// An option of the other mail server would be left without effect.
void check_attachment(const CLI::App& command, const Attachment& attachment) {
  constexpr std::array of_postfix{"--config-dir", "--yes", "--last", "--bounces"};
  constexpr std::array of_sendmail{"--mc", "--cf"};
  const auto refuse = [&](const char* option) {
    const auto* given = command.get_option_no_throw(option);
    if (given != nullptr && !given->empty())
      throw CLI::ValidationError(option, "is not for " + attachment.arguments.mta);
  };
  if (attachment.is_for_postfix())
    std::ranges::for_each(of_sendmail, refuse);
  else
    std::ranges::for_each(of_postfix, refuse);
}

void add_attach(CLI::App& app, int& code) {
  const auto attachment = std::make_shared<Attachment>();
  auto* command =
      add_attachment(app, "attach", "Have the mail server ask Milterward", attachment);
  command->add_flag("--last", attachment->arguments.comes_last,
                    "Postfix: behind other filters, not before");
  command->add_flag("--bounces", attachment->arguments.filters_bounces,
                    "Postfix: its own bounces too");
  command->callback([command, attachment, &code] {
    check_attachment(*command, *attachment);
    code = attachment->is_for_postfix()
               ? attach_postfix(attachment->arguments)
               : attach_sendmail(attachment->arguments, attachment->sendmail);
  });
}

void add_detach(CLI::App& app, int& code) {
  const auto attachment = std::make_shared<Attachment>();
  auto* command = add_attachment(app, "detach",
                                 "Have the mail server ask Milterward no more", attachment);
  command->callback([command, attachment, &code] {
    check_attachment(*command, *attachment);
    code = attachment->is_for_postfix()
               ? detach_postfix(attachment->arguments)
               : detach_sendmail(attachment->arguments, attachment->sendmail);
  });
}

/// Who writes where the daemon writes becomes its user first.
std::string become_the_daemon(const conf::Config& config) {
  const auto account = account_to_become(config.daemon.user);
  if (!account) return account.fault();
  if (!*account) return {};
  const auto became = become(**account);
  return became ? std::string{} : became.fault();
}

void add_import(CLI::App& app, int& code) {
  const auto arguments = std::make_shared<ImportArguments>();
  auto* command = app.add_subcommand(
      "import", "Translate the configuration of opendkim and other daemons into ours");
  command
      ->add_option("DAEMON", arguments->words,
                   "The daemon, its files behind it, and further daemons with theirs")
      ->required()
      ->type_name("FILE...:{" + import_daemons() + "}");
  command->add_option("-o,--output", arguments->output_file,
                      "File to write, which must not exist [standard output]");
  command->add_option("--root", arguments->root,
                      "Directory that is / of the old host, such as a backup");
  command->add_option("--copy-keys", arguments->copy_keys,
                      "Directory for copies of the private keys");
  command->add_flag_callback(
      "--json", [arguments] { arguments->output = Output::json; }, "Print JSON");
  command->callback([arguments, &code] { code = commands::import(*arguments); });
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
  std::string topic;
  bool json = false;
  const auto output = [&] { return json ? Output::json : Output::text; };

  auto* daemon = app.add_subcommand("run", "Run the daemon in the foreground");
  daemon->add_option("-c,--config", config_file, "Configuration file")
      ->capture_default_str();
  daemon->footer("SIGHUP reads the configuration again, SIGTERM drains and ends.");
  daemon->callback([&] { code = run_daemon(config_file); });

  auto* check = app.add_subcommand(
      "check-config", "Check a configuration and the files it names; start nothing");
  check->add_option("FILE", config_file, "Configuration file")->capture_default_str();
  check->callback([&] { code = check_config(config_file, try_out); });

  add_journal_commands(
      app, {open_journal_to_read, open_journal_to_erase, known_trace_secret}, code);

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

  std::string shell;
  auto* completing =
      app.add_subcommand("completion", "Print what a shell needs to complete commands");
  completing->add_option("SHELL", shell, "The shell")
      ->required()
      ->check(CLI::IsMember(completion_shells()));
  completing->callback([&] { code = completion(app, shell); });

  ByHand by_hand{"", "", Output::text, [](const auto& config, const auto& zone) {
                   return Wiring{}.make_services_by_hand(config, zone);
                 }};
  add_spf(app, by_hand, code);
  add_evaluate(app, by_hand, code);
  add_sign(app, by_hand, code);
  add_keygen(app, by_hand, make_key_cabinet, code);
  add_keys(app, by_hand, make_key_cabinet, code);
  add_doctor(app, by_hand, code);
  add_relaytest(app, code);
  add_account(app, code);
  add_attach(app, code);
  add_detach(app, code);
  add_report_commands(app, by_hand, report_tools(),
                      {open_feedback_to_write, open_feedback_to_read, become_the_daemon},
                      code);
  add_import(app, code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? ok : wrong_usage;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) try {
  sign::wipe_what_openssl_frees();  // now: nothing has used it yet
  return run(argc, argv);
} catch (const conf::ConfigError& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return wrong_config;
} catch (const std::exception& e) {
  std::fprintf(stderr, "milterward: %s\n", e.what());
  return failed;
}
