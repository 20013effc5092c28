// SPDX-License-Identifier: Apache-2.0
// `milterward keygen`: makes the private keys of a domain and prints what DNS has to say of
// them.
#pragma once

#include <string>

#include "milter/commands/by_hand.h"
#include "milter/commands/keys.h"

namespace milterward::commands {

enum class KeyTypes { both, rsa, ed25519 };

struct KeygenArguments {
  std::string domain;
  std::string selector;  // "": of today's date
  KeyTypes types = KeyTypes::both;
  unsigned rsa_bits = 2048;
  std::string directory;  // "": sign.directory, or the usual one
};

/// Where two keys are made, the selector of the Ed25519 key has an "e" behind it. Keys
/// below sign.directory are new, and do not sign before they are activated.
int keygen(const KeygenArguments& arguments, const ByHand& by_hand,
           const MakeKeyCabinet& make_cabinet);

}  // namespace milterward::commands
