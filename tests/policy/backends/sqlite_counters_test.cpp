// SPDX-License-Identifier: Apache-2.0
// The embedded store: what it holds through restarts, sudden deaths and full disks.
#include "policy/backends/sqlite_counters.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/counters_suite.h"
#include "tests/policy/backends/recorded_events.h"

using namespace milterward;
using namespace milterward::backends;
using namespace milterward::tests;
using namespace std::chrono_literals;
using conf::StoreSync;
using ports::Grant;
using ports::Hit;
using ports::Reservation;

namespace {

/// At noon of the suite, for ever.
class NoonClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime today() const noexcept override { return WallTime{noon}; }
};

Result<std::shared_ptr<SqliteCounters>, std::string> try_open(
    const TemporaryDirectory& directory, StoreSync sync = StoreSync::process) {
  return SqliteCounters::open(directory.path("state.db"), sync,
                              std::make_shared<NoonClock>());
}

std::shared_ptr<SqliteCounters> open(const TemporaryDirectory& directory,
                                     StoreSync sync = StoreSync::process) {
  auto counters = try_open(directory, sync);
  if (!counters) BOOST_FAIL(counters.fault());
  return *counters;
}

std::uint64_t used(SqliteCounters& counters, const std::string& name) {
  const auto hit = hit_on(name, 0, 1'000'000);
  return counters.hit({&hit, 1}, ports::Grant::within_limits, noon, soon())->counts[0].used;
}

/// A process that hands in messages by 64 threads, and tells of each that was let through
/// once it was; killed after so many. Of how many did it tell?
std::size_t accepted_before_death(const TemporaryDirectory& directory,
                                  const ports::Hit& hit, std::size_t most) {
  std::array<int, 2> accepted{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, accepted.data()) == 0);
  const int few = 1;  // the kernel makes it its minimum: a handful wait to be read
  ::setsockopt(accepted[1], SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
  const auto child = ::fork();
  if (child == 0) {
    const auto counters = try_open(directory);
    if (!counters) ::_exit(1);
    std::vector<std::thread> threads;
    for (int i = 0; i < 64; ++i)
      threads.emplace_back([&] {
        while (pass_one(**counters, hit))
          if (::write(accepted[1], "x", 1) != 1) return;
      });
    for (auto& thread : threads) thread.join();
    ::_exit(0);
  }
  ::close(accepted[1]);
  std::size_t count = 0;
  char octet = 0;
  while (::read(accepted[0], &octet, 1) == 1)
    if (++count == most) ::kill(child, SIGKILL);
  ::close(accepted[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_counters)

BOOST_DATA_TEST_CASE(sqlite_keeps_every_rule_of_counters, (std::vector<bool>{false, true}),
                     with_disk) {
  const TemporaryDirectory directory;
  const auto counters = open(directory, with_disk ? StoreSync::disk : StoreSync::process);
  check_every_rule_of_counters(*counters);
}

BOOST_DATA_TEST_CASE(sixty_four_threads_never_see_the_last_place_twice,
                     (std::vector<bool>{false, true}), with_disk) {
  const TemporaryDirectory directory;
  const auto counters = open(directory, with_disk ? StoreSync::disk : StoreSync::process);
  BOOST_TEST(let_through(*counters, hit_on("crowd", 1, 1000), 64, 4000) == 1000U);
}

BOOST_AUTO_TEST_CASE(counts_outlive_a_restart) {
  const TemporaryDirectory directory;
  for (std::uint64_t life = 1; life <= 3; ++life) {
    const auto counters = open(directory);
    BOOST_TEST(used(*counters, "a") == 5 * (life - 1));
    BOOST_TEST(pass_one(*counters, hit_on("a", 5, 100)));
  }
}

BOOST_AUTO_TEST_CASE(what_was_cleared_stays_cleared) {
  const TemporaryDirectory directory;
  const std::vector<std::string> names{"a"};
  {
    const auto counters = open(directory);
    BOOST_TEST(pass_one(*counters, hit_on("a", 5, 100)));
  }
  {
    const auto counters = open(directory);
    BOOST_TEST(counters->clear(names, soon()).has_value());
    BOOST_TEST(pass_one(*counters, hit_on("a", 2, 100)));
  }
  BOOST_TEST(used(*open(directory), "a") == 2U);
}

BOOST_AUTO_TEST_CASE(marks_outlive_a_restart_and_are_written_once) {
  const TemporaryDirectory directory;
  for (std::uint64_t life = 1; life <= 3; ++life) {
    const auto counters = open(directory);
    BOOST_TEST(used(*counters, "mark") == (life > 1 ? 1U : 0U));
    Reservation reservation{*counters};
    BOOST_TEST(
        reservation.add({hit_on("mark", 1, 100)}, Grant::with_room_to_spare, noon, soon())
            ->granted);
    BOOST_TEST(reservation.commit(soon()).has_value());
  }
  SqliteDatabase database{directory.path("state.db")};
  BOOST_TEST(database.number("SELECT count(*) FROM marks") == 1);
}

/// A crash may take what tells a repeat, never what was counted.
BOOST_AUTO_TEST_CASE(a_sudden_death_takes_marks_at_most) {
  const TemporaryDirectory directory;
  const auto child = ::fork();
  if (child == 0) {
    const auto counters = try_open(directory);
    if (!counters) ::_exit(1);
    Reservation reservation{**counters};
    const bool kept =
        reservation.add({hit_on("a", 2, 100)}, Grant::within_limits, noon, soon()) &&
        reservation.add({hit_on("mark:a", 1, 100)}, Grant::with_room_to_spare, noon,
                        soon()) &&
        reservation.commit(soon());
    if (!kept) ::_exit(1);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFSIGNALED(status));
  const auto counters = open(directory);
  BOOST_TEST(used(*counters, "a") == 2U);
  BOOST_TEST(used(*counters, "mark:a") <= 1U);
}

BOOST_AUTO_TEST_CASE(what_was_only_reserved_ends_with_the_process) {
  const TemporaryDirectory directory;
  {
    const auto counters = open(directory);
    const auto hit = hit_on("a", 5, 100);
    BOOST_TEST(
        counters->hit({&hit, 1}, ports::Grant::within_limits, noon, soon())->granted);
  }
  BOOST_TEST(used(*open(directory), "a") == 0U);
}

BOOST_AUTO_TEST_CASE(sudden_deaths_never_let_more_through) {
  const TemporaryDirectory directory;
  const auto hit = hit_on("crowd", 1, 1000);
  std::size_t accepted = 0;
  for (const std::size_t most : {1, 150, 300, 200}) {
    const auto before = accepted;
    accepted += accepted_before_death(directory, hit, most);
    const auto counters = open(directory);
    BOOST_TEST(used(*counters, "crowd") >= accepted);
    // Each of the 64 may have been counted and not yet told, in every life so far.
    BOOST_TEST(used(*counters, "crowd") <= accepted + 64 * 4);
    BOOST_TEST(accepted > before);
  }
  const auto counters = open(directory);
  accepted += let_through(*counters, hit, 64, 6000);
  BOOST_TEST(accepted <= 1000U);
  BOOST_TEST(accepted >= 1000U - 64 * 4);
}

BOOST_AUTO_TEST_CASE(a_store_belongs_to_one_daemon) {
  const TemporaryDirectory directory;
  const auto counters = open(directory);
  const auto second = try_open(directory);
  BOOST_REQUIRE(!second.has_value());
  BOOST_TEST(second.fault().find("belongs to another process") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_database_is_named_and_left_alone) {
  const TemporaryDirectory directory;
  const std::string text(5000, 'x');
  std::ofstream{directory.path("state.db")} << text;
  const auto counters = try_open(directory);
  BOOST_REQUIRE(!counters.has_value());
  BOOST_TEST(counters.fault().find(directory.path("state.db")) != std::string::npos);
  BOOST_TEST(counters.fault().find("not a database") != std::string::npos);
  BOOST_TEST(std::filesystem::file_size(directory.path("state.db")) == text.size());
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_named_with_the_cure) {
  const auto counters = SqliteCounters::open("/nonexistent/state.db", StoreSync::process,
                                             std::make_shared<NoonClock>());
  BOOST_REQUIRE(!counters.has_value());
  BOOST_TEST(counters.fault().find("its directory must exist") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(damaged_lines_are_told_and_the_rest_is_counted) {
  const TemporaryDirectory directory;
  const auto hit = hit_on("a", 1, 100);
  BOOST_TEST(accepted_before_death(directory, hit, 10) >= 10U);
  std::size_t logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()})
    if (entry.path().filename().string().find(".log.") != std::string::npos) {
      std::ofstream{entry.path(), std::ios::app} << "rubbish\nhalf a li";
      ++logs;
    }
  BOOST_TEST(logs == 1U);
  const RecordedEvents events;
  const auto counters = open(directory);
  BOOST_TEST(used(*counters, "a") >= 10U);
  BOOST_REQUIRE(events.texts().size() == 1U);
  BOOST_TEST(events.texts()[0].starts_with("store.damaged"));
  BOOST_TEST(events.texts()[0].ends_with("damaged=1"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_defers_and_recovers_without_losing_a_count) {
  const TemporaryDirectory directory;
  const RecordedEvents events;
  std::uint64_t passed = 0;
  {
    const auto counters = open(directory);
    const auto hit = hit_on("a", 1, 1'000'000);
    rlimit former{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &former) == 0);
    const auto former_handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{2000, former.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    while (pass_one(*counters, hit)) ++passed;
    BOOST_TEST(!pass_one(*counters, hit));
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &former) == 0);
    ::signal(SIGXFSZ, former_handler);
    BOOST_TEST(used(*counters, "a") == passed);
    BOOST_TEST(pass_one(*counters, hit));
    ++passed;
  }
  BOOST_TEST(passed > 5U);
  BOOST_TEST(used(*open(directory), "a") == passed);
  const auto texts = events.texts();
  BOOST_TEST(std::ranges::count_if(texts, [](const auto& text) {
               return text.starts_with("store.failing");
             }) == 1);
  BOOST_TEST(std::ranges::count_if(texts, [](const auto& text) {
               return text.starts_with("store.recovered");
             }) == 1);
}

BOOST_AUTO_TEST_CASE(its_files_are_private) {
  const TemporaryDirectory directory;
  const auto counters = open(directory);
  BOOST_TEST(pass_one(*counters, hit_on("a", 1, 10)));
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()})
    BOOST_TEST(((entry.status().permissions() & std::filesystem::perms::others_all) ==
                std::filesystem::perms::none),
               entry.path());
}

BOOST_AUTO_TEST_CASE(old_logs_go_with_a_checkpoint) {
  const TemporaryDirectory directory;
  for (int life = 0; life < 4; ++life)
    BOOST_TEST(pass_one(*open(directory), hit_on("a", 1, 10)));
  const auto files = std::filesystem::directory_iterator{directory.path()};
  BOOST_TEST(std::ranges::count_if(files, [](const auto& entry) {
               return entry.path().filename().string().find(".log.") != std::string::npos;
             }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
