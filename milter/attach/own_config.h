// SPDX-License-Identifier: Apache-2.0
// What milterward.toml should say of this host, beside what it says. A key that the
// postmaster has written is never touched; a difference to it is told. The new text is
// what our own loader read before anybody writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "milter/attach/own_names.h"

namespace milterward::attach {

struct ConfigProposal {
  std::string text;                // of the whole file; as it was where nothing is missing
  std::vector<std::string> notes;  // differences, and what could not be written
};

/// `text` is what `config` was read from.
ConfigProposal propose_config(std::string_view text, const conf::Config& config,
                              const OwnNames& names);

}  // namespace milterward::attach
