// SPDX-License-Identifier: Apache-2.0
// The sink on a standard error that is a pipe of ours.
#include "milter/status/log_sink.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/milter/temporary_directory.h"

using namespace milterward;
using namespace std::literals;

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

/// A log daemon that reads only when told to.
class LogDaemon {
 public:
  explicit LogDaemon(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    BOOST_REQUIRE(
        ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~LogDaemon() { ::close(fd_); }
  LogDaemon(const LogDaemon&) = delete;
  LogDaemon& operator=(const LogDaemon&) = delete;

  /// All that has come.
  std::vector<std::string> take() const {
    std::vector<std::string> messages;
    std::array<char, 65536> buffer{};
    ssize_t size = 0;
    while ((size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0)
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    return messages;
  }

 private:
  int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

conf::LogSettings to(conf::LogTarget target) {
  return {target, conf::LogFormat::keyvalue, Level::info, ""};
}

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

BOOST_AUTO_TEST_CASE(syslog_gets_facility_name_and_line) {
  const tests::TemporaryDirectory directory;
  const LogDaemon daemon{directory.path("log")};
  status::LogSink sink{to(conf::LogTarget::syslog), directory.path("log")};
  sink.write(Event::daemon_ready, {{"socket", "fd:3"}});
  const auto messages = daemon.take();
  BOOST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0].starts_with("<22>"));  // mail.info
  BOOST_TEST(messages[0].ends_with(" milterward[" + std::to_string(::getpid()) +
                                   "]: event=daemon.ready socket=fd:3"));
}

BOOST_AUTO_TEST_CASE(the_journal_gets_fields_of_any_content) {
  const tests::TemporaryDirectory directory;
  const LogDaemon daemon{directory.path("journal")};
  status::LogSink sink{to(conf::LogTarget::journal), "", directory.path("journal")};
  sink.write(Event::daemon_failed, {{"reason", "a\nb"}});
  const auto messages = daemon.take();
  BOOST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0] ==
             "MESSAGE=event=daemon.failed reason=\"a\\nb\"\nPRIORITY=3\n"
             "SYSLOG_IDENTIFIER=milterward\nMILTERWARD_EVENT=daemon.failed\n"
             "MILTERWARD_REASON\n\3\0\0\0\0\0\0\0a\nb\n"s);
}

BOOST_AUTO_TEST_CASE(a_log_daemon_that_sleeps_or_is_started_anew_blocks_nobody) {
  const tests::TemporaryDirectory directory;
  status::LogSink sink{to(conf::LogTarget::syslog), directory.path("log")};
  sink.write(Event::daemon_ready, {});  // nobody is there
  {
    const LogDaemon asleep{directory.path("log")};
    // More than the longest queue that systems are set to.
    for (int i = 0; i < 2000; ++i) sink.write(Event::daemon_ready, {});
    BOOST_TEST(asleep.take().front().ends_with(" dropped=1"));
  }
  const LogDaemon anew{directory.path("log")};
  sink.write(Event::daemon_ready, {});
  const auto messages = anew.take();
  BOOST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0].find(" dropped=") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
