// SPDX-License-Identifier: Apache-2.0
// `milterward attach sendmail` and `detach sendmail`: the line for sendmail.mc, and whether
// a sendmail.mc or sendmail.cf has it. Nothing is written: what a .mc includes, and how a
// .cf is made from it, is each distribution's own.
#pragma once

#include <string>

#include "milter/attach/sendmail_check.h"
#include "milter/commands/attach.h"
#include "policy/base/result.h"

namespace milterward::commands {

struct SendmailFiles {
  std::string mc;  // "" for none; one of both at most
  std::string cf;

  bool any() const noexcept { return !mc.empty() || !cf.empty(); }
};

struct SendmailChecked {
  attach::SendmailWish wish;
  attach::SendmailFinding finding;
};

/// What is wrong in the file named. Throws ConfigError when milterward.toml cannot be used.
Result<SendmailChecked, std::string> check_sendmail_files(const AttachArguments& arguments,
                                                          const SendmailFiles& files);

/// `failed` when a file is named in which something is wrong.
int attach_sendmail(const AttachArguments& arguments, const SendmailFiles& files);
/// `failed` when a file is named that still has the filter.
int detach_sendmail(const AttachArguments& arguments, const SendmailFiles& files);

}  // namespace milterward::commands
