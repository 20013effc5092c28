// SPDX-License-Identifier: Apache-2.0
#include "milter/memory_lock.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace milterward {

void raise_lock_limit() noexcept {
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &none);
}

Result<std::monostate, std::string> lock_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)
    return Unexpected{
        fmt::format("RLIMIT_MEMLOCK allows {} KB; let the service manager lift it "
                    "(LimitMEMLOCK=infinity)",
                    limit.rlim_cur / 1024)};
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    return Unexpected{fmt::format("mlockall: {}", std::strerror(errno))};
  return std::monostate{};
}

}  // namespace milterward
