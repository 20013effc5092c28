// SPDX-License-Identifier: Apache-2.0
// A private key named on the command line, with what else a table [[sign.key]] may say of
// it. The options follow from the rows of that table, and so do the complaints: what signs
// well by hand can be copied into the configuration.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conf/keys.h"
#include "policy/base/result.h"

namespace milterward::commands {

using KeyRow = conf::Key<conf::SigningKey>;

/// The rows that are options: those with a default, but for what chooses between keys.
/// They live as long as the program.
std::vector<const KeyRow*> options_of_key();

/// "--expires-after" for sign.key.expires_after.
std::string option_of(const KeyRow& row);

struct KeyArguments {
  std::string domain;
  std::string selector;
  std::string file;
  /// Rows of options_of_key(), each with its value; lists are separated by blanks.
  std::vector<std::pair<const KeyRow*, std::string>> options;

  bool empty() const noexcept {
    return domain.empty() && selector.empty() && file.empty() && options.empty();
  }
};

struct KeyToTry {
  conf::SigningKey key;
  std::vector<std::string> doubts;  // sentences for the postmaster
};

/// The key as the configuration would hold it, or everything that is wrong with it, a
/// sentence each. Its file may have a relative path.
Result<KeyToTry, std::vector<std::string>> key_of(const KeyArguments& arguments);

}  // namespace milterward::commands
