// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/verdict.h"

#include <fmt/format.h>

namespace milterward::rules {

std::string to_text(const Verdict& verdict) {
  auto text = fmt::format("{} {}", to_text(verdict.action), verdict.rule);
  if (verdict.reply.code != 0) text += " " + to_text(verdict.reply);
  for (const auto& redirection : verdict.redirections)
    text += fmt::format(" to {}", redirection.mailbox);
  return text;
}

}  // namespace milterward::rules
