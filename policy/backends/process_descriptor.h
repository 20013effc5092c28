// SPDX-License-Identifier: Apache-2.0
// A descriptor that polls as readable once a process has ended. Not by <sys/pidfd.h>: glibc
// 2.36 declares pidfd_open there without C linkage.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "policy/backends/file_descriptor.h"

namespace milterward::backends {

inline FileDescriptor process_descriptor(pid_t pid) noexcept {
  return FileDescriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

}  // namespace milterward::backends
