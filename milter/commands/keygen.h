// SPDX-License-Identifier: Apache-2.0
// `milterward keygen`: makes the private keys of a domain and prints what DNS has to say of
// them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "milter/commands/by_hand.h"
#include "policy/ports/key_store.h"

namespace milterward::commands {

enum class KeyTypes { both, rsa, ed25519 };

struct KeygenArguments {
  std::string domain;
  std::string selector;  // "": of today's date
  KeyTypes types = KeyTypes::both;
  unsigned rsa_bits = 2048;
  std::string directory;  // "": the usual one
};

/// Keys below a directory, to be read by the user of the daemon.
using MakeKeyStore = std::function<std::shared_ptr<ports::KeyStore>(
    const std::string& directory, const std::string& daemon_user)>;

/// Where two keys are made, the selector of the Ed25519 key has an "e" behind it.
int keygen(const KeygenArguments& arguments, const ByHand& by_hand,
           const MakeKeyStore& make_store);

}  // namespace milterward::commands
