// SPDX-License-Identifier: Apache-2.0
// `milterward account`: asks the running daemon about an account, or changes it.
#pragma once

#include <string>

#include "milter/commands/explain.h"

namespace milterward::commands {

struct AccountArguments {
  std::string action;  // a word of control::AccountAction
  std::string login;
  std::string config_file;
  Output output = Output::text;
};

int account(const AccountArguments& arguments);

}  // namespace milterward::commands
