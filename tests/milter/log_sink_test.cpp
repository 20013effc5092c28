// SPDX-License-Identifier: Apache-2.0
// The sink on a standard error that is a pipe of ours.
#include "milter/status/log_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace milterward;

namespace {

/// Standard error, redirected while it lives.
class CapturedStandardError {
 public:
  CapturedStandardError() : kept_(::dup(STDERR_FILENO)) {
    BOOST_REQUIRE(::pipe2(pipe_.data(), O_CLOEXEC) == 0);
    ::fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
    ::dup2(pipe_[1], STDERR_FILENO);
  }
  ~CapturedStandardError() {
    ::dup2(kept_, STDERR_FILENO);
    for (const int fd : {kept_, pipe_[0], pipe_[1]}) ::close(fd);
  }
  CapturedStandardError(const CapturedStandardError&) = delete;
  CapturedStandardError& operator=(const CapturedStandardError&) = delete;

  /// Everything in the pipe.
  std::string take() const {
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::read(pipe_[0], buffer.data(), buffer.size())) > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  int kept_;
  std::array<int, 2> pipe_{};
};

conf::LogSettings to_standard_error(Level level) {
  return {conf::LogTarget::standard_error, conf::LogFormat::keyvalue, level, ""};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_sink)

BOOST_AUTO_TEST_CASE(a_line_has_time_level_and_event) {
  const CapturedStandardError captured;
  status::LogSink sink{to_standard_error(Level::info)};
  sink.write(Event::daemon_ready, {{"socket", "fd:3"}});
  const auto line = captured.take();
  BOOST_TEST(line.starts_with("event=daemon.ready time=2"));
  BOOST_TEST(line.ends_with(" level=info socket=fd:3\n"));
}

BOOST_AUTO_TEST_CASE(events_below_the_level_are_left_out) {
  const CapturedStandardError captured;
  status::LogSink sink{to_standard_error(Level::error)};
  sink.write(Event::daemon_ready, {});
  BOOST_TEST(captured.take() == "");
  sink.configure(to_standard_error(Level::info));
  sink.write(Event::daemon_ready, {});
  BOOST_TEST(captured.take() != "");
}

BOOST_AUTO_TEST_CASE(
    a_reader_that_sleeps_blocks_nobody_and_hears_how_many_lines_it_missed) {
  const CapturedStandardError captured;
  status::LogSink sink{to_standard_error(Level::info)};
  const std::string long_value(1900, 'x');
  for (int i = 0; i < 60; ++i) sink.write(Event::daemon_failed, {{"reason", long_value}});
  BOOST_TEST(captured.take().find("dropped=") == std::string::npos);

  sink.write(Event::daemon_ready, {});
  const auto line = captured.take();
  BOOST_TEST(line.find(" dropped=") != std::string::npos);
  sink.write(Event::daemon_ready, {});
  BOOST_TEST(captured.take().find("dropped=") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
