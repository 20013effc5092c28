// SPDX-License-Identifier: Apache-2.0
// `milterward keys`: the keys below sign.directory, how far each is in its life and what
// DNS shows of it, and the steps of that life by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "milter/commands/by_hand.h"
#include "policy/ports/domain_keys.h"
#include "policy/ports/key_states.h"
#include "policy/ports/key_store.h"

namespace milterward::commands {

/// Everything about the keys below one directory.
struct KeyCabinet {
  std::shared_ptr<ports::DomainKeys> keys;
  std::shared_ptr<ports::KeyStore> store;
  std::shared_ptr<ports::KeyStates> states;
};

/// What is made in it is to be read by the user of the daemon.
using MakeKeyCabinet =
    std::function<KeyCabinet(const std::string& directory, const std::string& daemon_user)>;

struct KeysArguments {
  std::string action;  // list, check, activate, retire, rotate, tend
  std::string domain;  // "": all
  std::string selector;
};

/// `check` returns 1 when DNS does not show a key that signs.
int keys(const KeysArguments& arguments, const ByHand& by_hand,
         const MakeKeyCabinet& make_cabinet);

}  // namespace milterward::commands
