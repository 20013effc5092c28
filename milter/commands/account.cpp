// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/account.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "milter/control/control_client.h"
#include "milter/control/requests.h"
#include "policy/mail/utf8.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;

void print_text(const Json& account) {
  const auto word = [](const Json& value) { return value.get<std::string>(); };
  const auto account_class = word(account["class"]);
  fmt::print("{}: class {}{}\n", word(account["login"]),
             account_class.empty() ? "none" : account_class,
             account["locked"].get<bool>() ? ", locked" : "");
  if (account.contains("ladder")) {
    const auto& ladder = account["ladder"];
    fmt::print("  step {} of {}{}: {} messages today; bounced {}, complained {}\n",
               ladder["step"].get<std::size_t>(), ladder["steps"].get<std::size_t>(),
               ladder["frozen"].get<bool>() ? ", frozen" : "",
               ladder["messages"].get<std::uint64_t>(),
               ladder["bounced"].get<std::uint64_t>(),
               ladder["complained"].get<std::uint64_t>());
  }
  for (const auto& limit : account["limits"])
    fmt::print("  {} of {} {}/{}\n", limit["used"].get<std::uint64_t>(),
               limit["limit"].get<std::uint64_t>(), word(limit["measure"]),
               word(limit["period"]));
}

}  // namespace

int account(const AccountArguments& arguments) {
  const auto config = read_config(arguments.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  if (!config->control.is_open()) {
    complain("account",
             fmt::format("control.socket is not set in {}", arguments.config_file));
    return wrong_config;
  }
  const auto action = control::parse_action(arguments.action);
  if (!action) return wrong_usage;
  if (!is_valid_utf8(arguments.login)) {
    complain("account", "the login is not UTF-8, and no such name can be handed on");
    return wrong_usage;
  }
  const auto answer = control::ask(config->control.socket,
                                   control::request_line({*action, arguments.login}));
  if (!answer) return complain("account", answer.fault());
  const auto json = Json::parse(*answer, nullptr, /*allow_exceptions=*/false);
  if (json.contains("fault")) return complain("account", json["fault"].get<std::string>());
  if (!json.contains("account"))
    return complain("account", "the daemon's answer cannot be read");
  if (arguments.output == Output::json) {
    fmt::print("{}\n", json["account"].dump(2));
  } else {
    print_text(json["account"]);
  }
  return ok;
}

}  // namespace milterward::commands
