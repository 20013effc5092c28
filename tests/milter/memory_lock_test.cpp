// SPDX-License-Identifier: Apache-2.0
// What the daemon remembers stays in memory, and a key that it uses no more is forgotten.
#include "milter/memory_lock.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "policy/sign/new_key.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/contains.h"
#include "tests/support/memory_search.h"

// The sanitizers lock nothing, and keep what was freed.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace milterward::tests {
namespace {

/// In a process of its own, since it is for good.
bool in_a_process(const std::function<bool()>& what) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) ::_exit(what() ? 0 : 1);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return status == 0;
}

bool may_lift_the_limit() {
  return in_a_process([] {
    raise_lock_limit();
    rlimit limit{};
    return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  });
}

long locked_kilobytes(pid_t process) {
  std::ifstream status{fmt::format("/proc/{}/status", process)};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmLck:")) return std::stol(line.substr(6));
  return -1;
}

std::string found(const std::vector<Needle>& needles, pid_t process) {
  return fmt::format("{}", fmt::join(found_in_memory(needles, process), ", "));
}

BOOST_AUTO_TEST_SUITE(memory_lock)

BOOST_AUTO_TEST_CASE(what_is_mapped_later_is_locked_too) {
  if (!may_lift_the_limit()) return;  // neither root nor a limit that was lifted before
  BOOST_TEST(in_a_process([] {
    raise_lock_limit();
    if (!lock_memory()) return false;
    auto* const page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return contains(mapping_flags(page), " lo") && locked_kilobytes(::getpid()) > 0;
  }));
}

BOOST_AUTO_TEST_CASE(with_a_limit_nothing_is_locked_since_later_mappings_would_fail) {
  BOOST_TEST(in_a_process([] {
    const rlimit some{8 << 20, 8 << 20};
    if (::setrlimit(RLIMIT_MEMLOCK, &some) != 0) return false;
    const auto locked = lock_memory();
    return !locked && contains(locked.fault(), "8192 KB") &&
           locked_kilobytes(::getpid()) == 0;
  }));
}

BOOST_AUTO_TEST_CASE(the_daemon_locks_its_memory_or_says_that_it_cannot) {
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  daemon.start_and_wait();
  const bool is_told = !daemon.events("memory.not_locked").empty();
  BOOST_TEST(is_told == !may_lift_the_limit());
  BOOST_TEST((locked_kilobytes(daemon.pid()) > 0) == !is_told);
}

BOOST_AUTO_TEST_CASE(the_daemon_forgets_a_key_that_it_uses_no_more) {
  if (::geteuid() != 0) return;  // root alone may look into a daemon
  SlowDns dns;
  const auto key = sign::make_private_key(ports::SigningAlgorithm::rsa_sha256).value();
  const auto needles = needles_of(key.view());
  DaemonProcess daemon{dns.port()};
  const auto file = daemon.directory().path("key.pem");
  std::ofstream{file} << key.view();
  std::filesystem::permissions(file, std::filesystem::perms{0600});
  const auto table = fmt::format(
      "\n[[sign.key]]\ndomain = \"local.test\"\nselector = \"a\"\nfile = \"{}\"\n", file);
  daemon.rewrite_config("[relay]", table + "[relay]");
  daemon.start_and_wait();
  BOOST_TEST(found(needles, daemon.pid()) != "");
  daemon.rewrite_config(table, "");
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded");
  BOOST_TEST(found(needles, daemon.pid()) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
#endif
