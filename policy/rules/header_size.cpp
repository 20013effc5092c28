// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/header_size.h"

namespace milterward::rules {

std::optional<Verdict> decide_header_size(const MessageFacts& facts) {
  if (!facts.header_is_too_large) return std::nullopt;
  return Verdict::reject("header.too_large", {552, "5.3.4", "Message header too large"});
}

}  // namespace milterward::rules
