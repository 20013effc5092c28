// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/doctor_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "milter/commands/doctor.h"
#include "milter/commands/doctor_mta.h"
#include "milter/commands/files.h"

namespace milterward::commands {
namespace {

struct MailServer {
  AttachArguments arguments;
  SendmailFiles sendmail;
};

/// An option that is not about this patient would be left without effect.
void check_options(const CLI::App& command, const std::string& patient) {
  constexpr std::array of_domain{"--ip", "--selector", "--dnsbl", "--tls", "--zone"};
  constexpr std::array of_postfix{"--config-dir"};
  constexpr std::array of_sendmail{"--mc", "--cf"};
  constexpr std::array of_both{"--socket"};
  const auto refuse = [&](const char* option) {
    const auto* given = command.get_option_no_throw(option);
    if (given != nullptr && !given->empty())
      throw CLI::ValidationError(option, "is not for " + patient);
  };
  const bool is_postfix = patient == "postfix";
  const bool is_sendmail = patient == "sendmail";
  if (is_postfix || is_sendmail) std::ranges::for_each(of_domain, refuse);
  if (!is_postfix) std::ranges::for_each(of_postfix, refuse);
  if (!is_sendmail) std::ranges::for_each(of_sendmail, refuse);
  if (!is_postfix && !is_sendmail) std::ranges::for_each(of_both, refuse);
}

}  // namespace

void add_doctor(CLI::App& app, ByHand& by_hand, int& code) {
  const auto arguments = std::make_shared<DoctorArguments>();
  const auto mta = std::make_shared<MailServer>();
  auto* command = app.add_subcommand(
      "doctor",
      "Tell what is wrong with a domain's mail, or between the mail server and us");
  command->add_option("-c,--config", by_hand.config_file,
                      "Configuration file [the installed one, or defaults]");
  command
      ->add_option("DOMAIN", arguments->patient,
                   "The domain to examine; or postfix, or sendmail")
      ->required();
  command
      ->add_option("--ip", arguments->addresses,
                   "An address its mail leaves from; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--selector", arguments->selectors,
                   "A selector whose key is elsewhere; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--dnsbl", arguments->lists,
                   "A list in DNS to ask, beside [[dnsbl.list]]; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--tls", arguments->tries_tls,
                    "Connect to the domain's mail servers and try STARTTLS");
  command->add_option("--zone", by_hand.zone_file, "Answer DNS from this zone file");
  command->add_flag_callback(
      "--json", [&by_hand] { by_hand.output = Output::json; }, "Print JSON");
  command->add_option("--socket", mta->arguments.socket,
                      "postfix, sendmail: our socket [milter.socket]");
  command->add_option("--config-dir", mta->arguments.config_directory,
                      "postfix: directory of main.cf [the default instance]");
  auto* mc =
      command->add_option("--mc", mta->sendmail.mc, "sendmail: look into this sendmail.mc");
  command
      ->add_option("--cf", mta->sendmail.cf,
                   "sendmail: look into this sendmail.cf [/etc/mail/sendmail.cf]")
      ->excludes(mc);
  command->footer(
      "Exit codes: 0 healthy, 2 something is wrong, 3 nothing wrong was found but not "
      "everything was answered.");
  command->callback([command, arguments, mta, &by_hand, &code] {
    check_options(*command, arguments->patient);
    auto& attachment = mta->arguments;
    attachment.output = by_hand.output;
    attachment.config_file =
        by_hand.config_file.empty() ? default_config_file : by_hand.config_file;
    code = arguments->patient == "postfix"    ? doctor_postfix(attachment)
           : arguments->patient == "sendmail" ? doctor_sendmail(attachment, mta->sendmail)
                                              : doctor(*arguments, by_hand);
  });
}

}  // namespace milterward::commands
