// SPDX-License-Identifier: Apache-2.0
// Threads that wait at a listening socket: everybody is served, nobody waits for somebody
// else, and no more are let in than there is room for.
#include "milter/front/native/worker_pool.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/milter/temporary_directory.h"

using namespace milterward;
using namespace milterward::front;
using namespace std::chrono_literals;

namespace {

/// Lets threads meet: each waits until so many have come.
class Meeting {
 public:
  void wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    ++here_;
    changed_.notify_all();
    changed_.wait_for(lock, 20s, [&] { return here_ >= count; });
  }
  std::size_t here() {
    const std::lock_guard lock{mutex_};
    return here_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t here_ = 0;
};

template <class Condition>
bool comes_true(Condition condition) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

/// A socket of ours; `connect` returns the other end of a connection to it.
class Listener {
 public:
  Listener() {
    address_.sun_family = AF_UNIX;
    directory_.path("p.sock").copy(address_.sun_path, sizeof address_.sun_path - 1);
    BOOST_REQUIRE(::bind(fd_, address(), sizeof address_) == 0);
    BOOST_REQUIRE(::listen(fd_, 1024) == 0);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  int connect() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, address(), sizeof address_) != 0) throw std::runtime_error{"connect"};
    return fd;
  }

 private:
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }

  tests::TemporaryDirectory directory_;
  sockaddr_un address_{};
  int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
};

/// A pool at a listener, which does `serve` for each connection and then closes it.
struct Service {
  Service(std::size_t most, std::chrono::milliseconds linger, std::function<void()> work)
      : entrance(listener.fd(), most),
        pool(
            entrance, sessions,
            [this, work = std::move(work)](const auto& seat) {
              work();
              ++served;
              sessions.leave(seat);
              ::close(seat->fd);
              entrance.left();
            },
            linger) {
    BOOST_REQUIRE(pool.attend());
  }
  ~Service() { entrance.close(); }

  Listener listener;
  Sessions sessions;
  Entrance entrance;
  std::atomic<int> served{0};
  WorkerPool pool;
};

/// Comes, and stays until it has been served.
bool visit(const Listener& listener) {
  const int fd = listener.connect();
  char octet = 0;
  const bool served = ::recv(fd, &octet, 1, 0) == 0;
  ::close(fd);
  return served;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(worker_pool)

BOOST_AUTO_TEST_CASE(nobody_waits_for_somebody_else) {
  Meeting meeting;
  Service service{1000, 20ms, [&] { meeting.wait_for(50); }};
  std::vector<int> ends;
  for (int i = 0; i < 50; ++i) ends.push_back(service.listener.connect());
  BOOST_TEST(comes_true([&] { return meeting.here() == 50; }));
  for (const int fd : ends) ::close(fd);
}

BOOST_AUTO_TEST_CASE(threads_are_used_again_and_end_when_nobody_comes) {
  Service service{1000, 200ms, [] {}};
  for (int i = 1; i <= 100; ++i) {
    BOOST_REQUIRE(visit(service.listener));
    BOOST_REQUIRE(comes_true([&] { return service.served == i; }));
  }
  BOOST_TEST(service.pool.threads() < 50U);
  BOOST_TEST(comes_true([&] { return service.pool.threads() == 1; }));
  BOOST_TEST(visit(service.listener));
  BOOST_TEST(comes_true([&] { return service.served == 101; }));
}

BOOST_AUTO_TEST_CASE(its_threads_interrupt_nobody) {
  std::atomic<int> policy{-1};
  Service service{1000, 20ms, [&] { policy = ::sched_getscheduler(0); }};
  BOOST_TEST(visit(service.listener));
  BOOST_TEST(policy == SCHED_BATCH);
}

BOOST_AUTO_TEST_CASE(who_finds_no_room_waits_in_the_backlog) {
  std::atomic<bool> go_on{false};
  Service service{2, 1h, [&] { comes_true([&] { return go_on.load(); }); }};
  std::vector<int> ends;
  for (int i = 0; i < 5; ++i) ends.push_back(service.listener.connect());
  BOOST_TEST(comes_true([&] { return service.sessions.count().all() == 2; }));
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(service.sessions.count().all() == 2U);
  go_on = true;
  BOOST_TEST(comes_true([&] { return service.served == 5; }));
  for (const int fd : ends) ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_crowd_at_a_narrow_door_is_served_to_the_last) {
  std::atomic<std::size_t> most_seen{0};
  std::atomic<int> seen_off{0};
  Service service{3, 1h, [] {}};
  std::vector<std::thread> crowd;
  for (int visitor = 0; visitor < 16; ++visitor)
    crowd.emplace_back([&] {
      for (int times = 0; times < 100; ++times) {
        if (visit(service.listener)) ++seen_off;
        const auto seen = service.sessions.count().all();
        auto most = most_seen.load();
        while (seen > most && !most_seen.compare_exchange_weak(most, seen)) {
        }
      }
    });
  for (auto& visitor : crowd) visitor.join();
  BOOST_TEST(seen_off == 1600);
  BOOST_TEST(service.served == 1600);
  BOOST_TEST(most_seen <= 3U);
}

BOOST_AUTO_TEST_CASE(all_who_wait_go_when_the_entrance_is_closed) {
  Meeting meeting;
  Service service{1000, 1h, [&] { meeting.wait_for(20); }};
  std::vector<int> ends;
  for (int i = 0; i < 20; ++i) ends.push_back(service.listener.connect());
  BOOST_REQUIRE(comes_true([&] { return service.pool.waiting() >= 20; }));
  service.entrance.close();
  BOOST_TEST(comes_true([&] { return service.pool.threads() == 0; }));
  BOOST_TEST(service.pool.waiting() == 0U);
  for (const int fd : ends) ::close(fd);
}

BOOST_AUTO_TEST_CASE(who_came_before_the_end_is_handed_over) {
  Service service{1000, 1h, [] {}};
  service.entrance.close();
  BOOST_REQUIRE(comes_true([&] { return service.pool.threads() == 0; }));
  const int late = service.listener.connect();
  const int fd = service.entrance.from_backlog();
  BOOST_REQUIRE(fd >= 0);
  BOOST_TEST(service.pool.hand_over(service.sessions.enter(fd)));
  BOOST_TEST(comes_true([&] { return service.served == 1; }));
  BOOST_TEST(comes_true([&] { return service.pool.threads() == 0; }));
  BOOST_TEST(service.entrance.from_backlog() == -1);
  ::close(late);
}

BOOST_AUTO_TEST_CASE(its_end_waits_for_those_at_work) {
  std::atomic<bool> at_work{false};
  std::atomic<bool> done{false};
  {
    Service service{1000, 1h, [&] {
                      at_work = true;
                      std::this_thread::sleep_for(100ms);
                      done = true;
                    }};
    ::close(service.listener.connect());
    BOOST_REQUIRE(comes_true([&] { return at_work.load(); }));
  }
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_SUITE_END()
