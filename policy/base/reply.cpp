// SPDX-License-Identifier: Apache-2.0
#include "policy/base/reply.h"

#include <fmt/format.h>

namespace milterward {

std::string to_text(const Reply& reply) {
  if (reply.code == 0) return {};
  return fmt::format("{} {} {}", reply.code, reply.status, reply.text);
}

}  // namespace milterward
