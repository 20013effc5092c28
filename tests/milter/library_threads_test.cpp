// SPDX-License-Identifier: Apache-2.0
// What libmilter is tried out for before its sessions get threads of ours.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "milter/front/libmilter/threads.h"

using namespace milterward;

BOOST_AUTO_TEST_SUITE(threads_of_libmilter)

BOOST_AUTO_TEST_CASE(others_may_open_files_while_it_is_tried_out) {
  std::atomic<bool> ended{false};
  std::atomic<int> stolen{0};
  std::thread other{[&] {
    while (!ended) {
      const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      std::this_thread::yield();
      stolen += ::close(fd) == 0 ? 0 : 1;
    }
  }};
  for (int i = 0; i < 20'000; ++i) {
    const auto reason = front::why_no_threads_per_connection();
    if (!reason) continue;
    BOOST_TEST(*reason == "");
    break;
  }
  ended = true;
  other.join();
  BOOST_TEST(stolen == 0);
}

BOOST_AUTO_TEST_SUITE_END()
