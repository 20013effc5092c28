// SPDX-License-Identifier: Apache-2.0
// `milterward sign`: the message with the DKIM signatures the daemon would put on top of
// it, or with one by a key named on the command line.
#pragma once

#include <string>

#include "milter/commands/by_hand.h"
#include "milter/commands/key_options.h"

namespace milterward::commands {

struct SignArguments {
  std::string message;  // a file, "-" for standard input
  std::string login;    // who hands it in; "" for a program on this host
  KeyArguments key;     // when there is one: sign with this key, whoever wrote it
};

/// Writes the signed message to standard output, with the line ends of the file and nothing
/// but the signatures added. Returns 1, and writes nothing there, when it is not signed.
int sign(const SignArguments& arguments, const ByHand& by_hand);

}  // namespace milterward::commands
