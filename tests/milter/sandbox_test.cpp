// SPDX-License-Identifier: Apache-2.0
// What the daemon can do no more once it is confined, and what it still can. Each case is
// played in a process of its own.
#include "milter/sandbox.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace milterward::tests {
namespace {

constexpr int not_confined = 250;

/// `what` in a process that has confined itself: its errno, 0 when it succeeded.
int confined(const std::function<long()>& what, bool has_thread_before = false) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    int code = not_confined;
    std::jthread bystander;
    if (has_thread_before) {
      // A thread of before is bound as well.
      int gate[2];
      if (::pipe(gate) != 0) ::_exit(not_confined);
      bystander = std::jthread{[&, read = gate[0]] {
        char go = 0;
        if (::read(read, &go, 1) == 1) code = what() < 0 ? errno : 0;
      }};
      const bool is_confined = confine().has_value() && ::write(gate[1], "", 1) == 1;
      ::close(gate[1]);
      bystander.join();
      ::_exit(is_confined ? code : not_confined);
    }
    if (confine()) code = what() < 0 ? errno : 0;
    ::_exit(code);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

struct Probe {
  const char* name;
  std::function<long()> call;
  int error;
};
std::ostream& operator<<(std::ostream& out, const Probe& probe) {
  return out << probe.name;
}

long execute() {
  char name[] = "/bin/true";
  char* const arguments[] = {name, nullptr};
  return ::execve(name, arguments, nullptr);
}

const std::vector<Probe> denied{
    {"another program", execute, EPERM},
    {"a packet socket", [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }, EAFNOSUPPORT},
    {"a netlink socket", [] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }, EAFNOSUPPORT},
    {"a socket of no family", [] { return ::socket(AF_UNSPEC, SOCK_STREAM, 0); },
     EAFNOSUPPORT},
    {"a mount", [] { return ::mount("none", "/mnt", "tmpfs", 0, nullptr); }, EPERM},
    {"another root directory", [] { return ::chroot("/"); }, EPERM},
    {"a name space", [] { return ::unshare(CLONE_NEWUSER); }, EPERM},
    {"another user", [] { return ::setuid(1); }, EPERM},
    {"a device", [] { return ::mknod("/nonexistent/x", S_IFCHR | 0600, 0); }, EPERM},
    {"a key ring", [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }, EPERM},
    {"a program for the kernel", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }, EPERM},
    {"an io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }, EPERM},
    {"another's memory",
     [] { return ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0); },
     EPERM},
    {"code written by itself",
     [] {
       return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                  ? -1L
                  : 0L;
     },
     EPERM},
    {"code of what it wrote",
     [] {
       auto* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       return static_cast<long>(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
     },
     EPERM},
};

// With the address sanitizer these stay possible: it makes a process of its own at the end.
#if !defined(__SANITIZE_ADDRESS__)
const std::vector<Probe> denied_processes{
    {"another process", [] { return static_cast<long>(::fork()); }, EPERM},
    {"another process by vfork",
     [] { return ::syscall(SYS_clone, CLONE_VM | CLONE_VFORK, 0, 0, 0, 0); }, EPERM},
    {"tracing", [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); },
     EPERM},
    {"a core dump",
     [] {
       errno = EPERM;
       return ::prctl(PR_GET_DUMPABLE) == 0 ? -1L : 0L;
     },
     EPERM},
};
#endif

const std::vector<Probe> allowed{
    {"a thread",
     [] {
       bool ran = false;
       std::jthread{[&] { ran = true; }}.join();
       return ran ? 0L : -1L;
     },
     0},
    {"a file",
     [] { return static_cast<long>(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }, 0},
    {"a unix socket", [] { return static_cast<long>(::socket(AF_UNIX, SOCK_STREAM, 0)); },
     0},
    {"an inet socket", [] { return static_cast<long>(::socket(AF_INET, SOCK_DGRAM, 0)); },
     0},
    {"an inet6 socket",
     [] { return static_cast<long>(::socket(AF_INET6, SOCK_STREAM, 0)); }, 0},
    {"a library",
     [] { return ::dlopen("libsqlite3.so.0", RTLD_NOW) == nullptr ? -1L : 0L; }, 0},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sandbox)

namespace bdata = boost::unit_test::data;

BOOST_DATA_TEST_CASE(is_denied, bdata::make(denied), probe) {
  BOOST_TEST(confined(probe.call) == probe.error);
}

#if !defined(__SANITIZE_ADDRESS__)
BOOST_DATA_TEST_CASE(of_processes_is_denied, bdata::make(denied_processes), probe) {
  BOOST_TEST(confined(probe.call) == probe.error);
}
#endif

BOOST_DATA_TEST_CASE(is_still_allowed, bdata::make(allowed), probe) {
  BOOST_TEST(confined(probe.call) == probe.error);
}

BOOST_AUTO_TEST_CASE(binds_the_threads_of_before) {
  BOOST_TEST(confined(execute, /*has_thread_before=*/true) == EPERM);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
