// SPDX-License-Identifier: Apache-2.0
// Which of the addresses that a report may go to get it now. What counts is where mail
// goes, and not what the record of a domain says: who agrees to take reports may name
// another address, and anybody can spell one in many ways.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/chores/report_keeper.h"

namespace milterward::chores {

/// All addresses of one host together get as many reports as so many of them: somebody who
/// gives a mailbox a thousand names, or a domain a thousand mailboxes, gets no thousand
/// shares. Large enough for a service that has an address for each of its customers.
inline constexpr std::size_t share_of_a_host = 10;

/// Without those that are there already in another letter case.
std::vector<std::string> each_once(std::vector<std::string> addresses);

struct Recipients {
  enum class Turn {
    now,
    later,  // one of them, or its host, has had its share
    never,  // each is suppressed
  };
  Turn turn = Turn::now;
  std::vector<std::string> addresses;  // without those that are suppressed
};

ports::Stored<Recipients> recipients_now(const ReportKeeper::World& world,
                                         ports::ReportKind kind,
                                         std::vector<std::string> addresses);

}  // namespace milterward::chores
