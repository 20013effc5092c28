// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "milter/front/listening_socket.h"
#include "milter/front/socket_spec.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/cases.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::tests;
using front::ListeningSocket;
using front::SocketSpec;

namespace {

std::string brief(const SocketSpec& spec) {
  switch (spec.kind) {
    case SocketSpec::Kind::unix_path:
      return "unix " + spec.path;
    case SocketSpec::Kind::inet:
    case SocketSpec::Kind::inet6:
      return fmt::format("{} {}{}{}",
                         spec.kind == SocketSpec::Kind::inet ? "inet" : "inet6", spec.port,
                         spec.host.empty() ? "" : " ", spec.host);
    case SocketSpec::Kind::inherited:
      return fmt::format("fd {}", spec.fd);
  }
  return "";
}

conf::MilterSettings settings_for(const std::string& socket) {
  conf::MilterSettings settings{};
  settings.socket = socket;
  settings.socket_mode = 0660;
  return settings;
}

std::string fault_of(const conf::MilterSettings& settings) {
  const auto socket = ListeningSocket::open(settings);
  return socket ? "none" : socket.fault();
}

using milterward::tests::contains;

}  // namespace

BOOST_AUTO_TEST_SUITE(sockets)

BOOST_DATA_TEST_CASE(reads_specs, read_cases("milter/sockets.cases"), c) {
  const auto spec = front::parse_socket_spec(c.get("spec"));
  const auto& want = c["want"];
  if (want.starts_with("bad ")) {
    BOOST_REQUIRE(!spec.has_value());
    BOOST_TEST(contains(spec.fault(), want.substr(4)));
  } else {
    BOOST_REQUIRE_MESSAGE(spec.has_value(), "not a spec: " << c.get("spec"));
    BOOST_TEST(brief(*spec) == want);
  }
}

BOOST_AUTO_TEST_CASE(a_unix_socket_gets_its_mode) {
  const TemporaryDirectory directory;
  const auto path = directory.path("m.sock");
  auto settings = settings_for("unix:" + path);
  settings.socket_mode = 0666;
  const auto socket = ListeningSocket::open(settings);
  BOOST_REQUIRE(socket.has_value());
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0666U);
}

BOOST_AUTO_TEST_CASE(a_socket_nobody_listens_on_is_replaced) {
  const TemporaryDirectory directory;
  const auto settings = settings_for("unix:" + directory.path("m.sock"));
  { const auto left_over = ListeningSocket::open(settings); }
  BOOST_TEST(std::filesystem::exists(directory.path("m.sock")));
  BOOST_TEST(fault_of(settings) == "none");
}

BOOST_AUTO_TEST_CASE(a_socket_that_answers_is_left_alone) {
  const TemporaryDirectory directory;
  const auto settings = settings_for("unix:" + directory.path("m.sock"));
  const auto first = ListeningSocket::open(settings);
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(contains(fault_of(settings), "another process listens"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_socket_is_left_alone) {
  const TemporaryDirectory directory;
  std::ofstream{directory.path("m.sock")} << "precious";
  BOOST_TEST(contains(fault_of(settings_for("unix:" + directory.path("m.sock"))),
                      "is not a socket"));
  BOOST_TEST(std::filesystem::file_size(directory.path("m.sock")) == 8U);
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_named) {
  const TemporaryDirectory directory;
  const auto fault = fault_of(settings_for("unix:" + directory.path("none/m.sock")));
  BOOST_TEST(contains(fault, directory.path("none")));
  BOOST_TEST(contains(fault, "does not exist"));
}

BOOST_AUTO_TEST_CASE(an_owner_who_does_not_exist_leaves_no_socket_behind) {
  const TemporaryDirectory directory;
  auto settings = settings_for("unix:" + directory.path("m.sock"));
  settings.socket_owner = "nobody-of-this-name";
  BOOST_TEST(contains(fault_of(settings), "there is no user"));
  BOOST_TEST(!std::filesystem::exists(directory.path("m.sock")));
}

BOOST_AUTO_TEST_CASE(removing_the_file_spares_that_of_a_successor) {
  const TemporaryDirectory directory;
  const auto settings = settings_for("unix:" + directory.path("m.sock"));
  const auto first = ListeningSocket::open(settings);
  BOOST_REQUIRE(first.has_value());
  std::filesystem::remove(directory.path("m.sock"));
  const auto second = ListeningSocket::open(settings);
  BOOST_REQUIRE(second.has_value());
  first->remove_file();
  BOOST_TEST(std::filesystem::exists(directory.path("m.sock")));
  second->remove_file();
  BOOST_TEST(!std::filesystem::exists(directory.path("m.sock")));
}

BOOST_AUTO_TEST_CASE(an_inherited_descriptor_must_listen) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_TEST(
      contains(fault_of(settings_for(fmt::format("fd:{}", fd))), "not a listening socket"));
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_named) {
  auto first = ListeningSocket::open(settings_for("inet:38765@127.0.0.1"));
  if (!first) return;  // somebody else has it
  BOOST_TEST(contains(fault_of(settings_for("inet:38765@127.0.0.1")), "38765"));
}

BOOST_AUTO_TEST_SUITE_END()
