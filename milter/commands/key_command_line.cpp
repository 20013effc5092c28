// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/key_command_line.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "policy/sign/new_key.h"

namespace milterward::commands {

void add_keygen(CLI::App& app, ByHand& by_hand, const MakeKeyCabinet& make_cabinet,
                int& code) {
  const auto arguments = std::make_shared<KeygenArguments>();
  auto* command = app.add_subcommand(
      "keygen", "Make the private keys of a domain and print what DNS has to say of them");
  command->add_option("DOMAIN", arguments->domain, "The domain")->required();
  command->add_option("--selector", arguments->selector, "Selector [of today, YYYYMMDD]");
  command->add_option("--type", arguments->types, "Kind of key [both]")
      ->option_text("both|rsa|ed25519")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, KeyTypes>{{"both", KeyTypes::both},
                                          {"rsa", KeyTypes::rsa},
                                          {"ed25519", KeyTypes::ed25519}}));
  command->add_option("--bits", arguments->rsa_bits, "Size of an RSA key")
      ->check(CLI::Range(sign::least_new_rsa_bits, sign::most_new_rsa_bits))
      ->capture_default_str();
  command->add_option(
      "--directory", arguments->directory,
      "Make DOMAIN/SELECTOR.pem below it [sign.directory, or /etc/milterward/keys]");
  command->add_option("-c,--config", by_hand.config_file,
                      "Configuration file [the installed one, or defaults]");
  command->add_flag_callback(
      "--json", [&] { by_hand.output = Output::json; }, "Print JSON");
  command->callback([arguments, &by_hand, make_cabinet, &code] {
    code = keygen(*arguments, by_hand, make_cabinet);
  });
}

void add_keys(CLI::App& app, ByHand& by_hand, const MakeKeyCabinet& make_cabinet,
              int& code) {
  const auto arguments = std::make_shared<KeysArguments>();
  auto* command = app.add_subcommand(
      "keys", "Show how far the keys below sign.directory are, and lead them on");
  command
      ->add_option("ACTION", arguments->action,
                   "list, check, tend, activate, retire or rotate")
      ->required()
      ->check(CLI::IsMember({"list", "check", "tend", "activate", "retire", "rotate"}));
  command->add_option("DOMAIN", arguments->domain, "The domain [all]");
  command->add_option("SELECTOR", arguments->selector, "The key, to activate or retire");
  command->add_option("-c,--config", by_hand.config_file,
                      "Configuration file [the installed one, or defaults]");
  command->add_option("--zone", by_hand.zone_file, "Answer DNS from this zone file");
  command->add_flag_callback(
      "--json", [&] { by_hand.output = Output::json; }, "Print JSON");
  command->callback([arguments, &by_hand, make_cabinet, &code] {
    code = keys(*arguments, by_hand, make_cabinet);
  });
}

}  // namespace milterward::commands
