// SPDX-License-Identifier: Apache-2.0
#include "milter/sandbox.h"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <variant>

namespace milterward {
namespace {

// The leak check of the address sanitizer traces the program from a process of its own.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool is_traced = true;
#else
constexpr bool is_traced = false;
#endif

/// By name: what a kernel or an architecture does not have needs no denying.
constexpr auto denied = std::to_array<const char*>({
    // other programs
    "execve",
    "execveat",
    "uselib",
    // other processes' memory and descriptors
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    // rights
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setfsuid",
    "setfsgid",
    "setgroups",
    "capset",
    "personality",
    "unshare",
    "setns",
    "add_key",
    "request_key",
    "keyctl",
    // the file tree
    "chroot",
    "pivot_root",
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "mknod",
    "mknodat",
    "name_to_handle_at",
    "open_by_handle_at",
    "quotactl",
    "quotactl_fd",
    "swapon",
    "swapoff",
    // the kernel
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "acct",
    "syslog",
    "iopl",
    "ioperm",
    "modify_ldt",
    "lookup_dcookie",
    "vhangup",
    // the host
    "sethostname",
    "setdomainname",
    "settimeofday",
    "stime",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
});

struct Release {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

/// Rules are added one by one; the first that fails is remembered, as a negative errno.
class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (!filter_) fault_ = -ENOMEM;
  }

  void deny(const char* call, std::initializer_list<scmp_arg_cmp> when = {},
            int error = EPERM) {
    const int number = seccomp_syscall_resolve_name(call);
    // Negative numbers are of calls that this architecture has under another name.
    if (fault_ != 0 || number < 0) return;
    fault_ = seccomp_rule_add_array(filter_.get(), SCMP_ACT_ERRNO(error), number,
                                    static_cast<unsigned>(when.size()), when.begin());
  }

  /// For every thread of the process.
  int load() {
    const auto set = [&](scmp_filter_attr attribute, std::uint32_t value) {
      if (fault_ == 0) fault_ = seccomp_attr_set(filter_.get(), attribute, value);
    };
    set(SCMP_FLTATR_CTL_TSYNC, 1);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree, not a list
    if (fault_ == 0) fault_ = seccomp_load(filter_.get());
    return -fault_;
  }

 private:
  std::unique_ptr<void, Release> filter_;
  int fault_ = 0;
};

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}
scmp_arg_cmp lacks_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

/// Threads are not processes. The flags of clone3 lie in memory, where no filter sees them;
/// without it glibc uses clone.
void deny_processes(Filter& filter) {
#if defined(__s390x__)
  constexpr unsigned flags = 1;
#else
  constexpr unsigned flags = 0;
#endif
  filter.deny("fork");
  filter.deny("vfork");
  filter.deny("ptrace");
  filter.deny("clone", {lacks_bits(flags, CLONE_THREAD)});
  filter.deny("clone3", {}, ENOSYS);
}

/// As systemd's MemoryDenyWriteExecute; a library's code is mapped, never written.
void deny_new_code(Filter& filter) {
  filter.deny("mmap", {has_bits(2, PROT_WRITE | PROT_EXEC)});
  filter.deny("mmap2", {has_bits(2, PROT_WRITE | PROT_EXEC)});
  filter.deny("mprotect", {has_bits(2, PROT_EXEC)});
  filter.deny("pkey_mprotect", {has_bits(2, PROT_EXEC)});
}

void deny_other_families(Filter& filter) {
  constexpr std::uint64_t greatest = AF_INET6;
  for (std::uint64_t family = 0; family < greatest; ++family)
    if (family != AF_UNIX && family != AF_INET)
      filter.deny("socket", {{0, SCMP_CMP_EQ, family, 0}}, EAFNOSUPPORT);
  filter.deny("socket", {{0, SCMP_CMP_GT, greatest, 0}}, EAFNOSUPPORT);
}

}  // namespace

Result<std::monostate, std::string> confine() {
  Filter filter;
  for (const auto* call : denied) filter.deny(call);
  deny_new_code(filter);
  deny_other_families(filter);
  if (!is_traced) {
    deny_processes(filter);
    // Nobody but root may trace a process that leaves no core dump, or open its memory.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
      return Unexpected{fmt::format("core dumps: {}", std::strerror(errno))};
  }
  if (const int error = filter.load(); error != 0)
    return Unexpected{fmt::format("seccomp: {}", std::strerror(error))};
  return std::monostate{};
}

}  // namespace milterward
