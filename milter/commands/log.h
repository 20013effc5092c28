// SPDX-License-Identifier: Apache-2.0
// `milterward log`: which decisions were there? One line each, from the journal.
#pragma once

#include <cstddef>
#include <string>

#include "milter/commands/explain.h"
#include "milter/commands/journal_access.h"

namespace milterward::commands {

struct LogArguments {
  JournalPlace journal;
  std::string from;  // an address, "" for any; a domain as "@example.org"
  std::string to;
  std::string rule;
  std::string domain;
  std::string verdict;
  std::string since;  // as parse_time takes it; "" for the beginning
  std::string until;
  std::size_t most = 0;  // 0: all
  Output output = Output::text;
};

/// `failed` when the journal cannot be read.
int log(const LogArguments& arguments, const JournalTools& tools);

}  // namespace milterward::commands
