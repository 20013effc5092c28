// SPDX-License-Identifier: Apache-2.0
// Which filters a Sendmail asks: read from sendmail.mc, before m4 made a configuration of
// it, or from the sendmail.cf it made. In the .mc only what stands there in plain words is
// seen; what m4 would include or compute is not.
//   INPUT_MAIL_FILTER(`NAME', `S=..., F=T, T=...')   Xname, S=..., F=T, T=...
//   MAIL_FILTER(`NAME', `...')                        defines one that is not asked by that
//   define(`confINPUT_MAIL_FILTERS', `A, B')          O InputMailFilters=A, B
// (cf/README, "ADDING MAIL FILTERS"; op.me, "X -- Mail Filter (Milter) Definitions").
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace milterward::attach {

struct SendmailFilter {
  std::string name;
  std::string socket;                    // S=
  std::string flags;                     // F=, "" for none
  std::map<char, std::string> timeouts;  // T=, by their letter: C, S, R, E
  unsigned line = 0;                     // of the file, from 1

  bool operator==(const SendmailFilter&) const = default;
};

struct SendmailFilters {
  std::vector<SendmailFilter> defined;
  std::vector<std::string> asked;  // in their order
  /// Daemons that name filters of their own: the name, and those they ask.
  std::vector<std::pair<std::string, std::vector<std::string>>> daemons;
};

SendmailFilters parse_mc(std::string_view text);
SendmailFilters parse_cf(std::string_view text);

}  // namespace milterward::attach
