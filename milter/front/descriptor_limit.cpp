// SPDX-License-Identifier: Apache-2.0
#include "milter/front/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace milterward::front {

std::size_t most_connections() {
  /// For DNS, logs, keys, and some to spare.
  constexpr std::size_t reserved = 128;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // With few, half of them: without one for DNS, mail would find no answers.
  return std::max<std::size_t>(
      limit.rlim_cur - std::min<rlim_t>(reserved, limit.rlim_cur / 2), 1);
}

}  // namespace milterward::front
