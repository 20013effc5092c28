// SPDX-License-Identifier: Apache-2.0
// The command line: what it prints, and the exit codes it promises.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "tests/milter/daemon_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

using namespace milterward::tests;

namespace {

using milterward::tests::contains;

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(help_names_the_commands_and_the_exit_codes) {
  const auto help = run_binary({"--help"});
  BOOST_TEST(help.code == 0);
  for (const auto* part : {"run", "check-config", "explain", "spf", "evaluate", "sign",
                           "config-reference", "list-events", "version", "78"}) {
    BOOST_TEST(contains(help.output, part));
  }
}

BOOST_AUTO_TEST_CASE(wrong_usage_exits_64) {
  BOOST_TEST(run_binary({}).code == 64);
  BOOST_TEST(run_binary({"dance"}).code == 64);
  BOOST_TEST(run_binary({"run", "--fast"}).code == 64);
  BOOST_TEST(run_binary({"config-reference", "poem"}).code == 64);
}

BOOST_AUTO_TEST_CASE(a_missing_configuration_exits_78_and_says_how_to_make_one) {
  for (const auto* command : {"check-config", "run"}) {
    std::vector<std::string> arguments{command};
    if (arguments[0] == "run") arguments.emplace_back("--config");
    arguments.emplace_back("/nonexistent/milterward.toml");
    const auto finished = run_binary(arguments);
    BOOST_TEST(finished.code == 78);
    BOOST_TEST(contains(finished.output, "/nonexistent/milterward.toml"));
    BOOST_TEST(contains(finished.output, "config-reference sample"));
  }
}

BOOST_AUTO_TEST_CASE(a_directory_is_no_configuration) {
  const TemporaryDirectory directory;
  const auto finished = run_binary({"check-config", directory.path(".")});
  BOOST_TEST(finished.code == 78);
  BOOST_TEST(contains(finished.output, "Is a directory; name a file in it"));
}

BOOST_AUTO_TEST_CASE(a_good_configuration_is_called_valid) {
  const DaemonProcess daemon{53};
  const auto finished = run_binary({"check-config", daemon.config_file()});
  BOOST_TEST(finished.code == 0);
  BOOST_TEST(contains(finished.output, "configuration is valid"));
}

BOOST_AUTO_TEST_CASE(check_config_tries_the_keys) {
  const DaemonProcess daemon{53,
                             "[[sign.key]]\ndomain = \"local.test\"\nselector = \"s\"\n"
                             "file = \"/nonexistent/key.pem\"\n"};
  const auto finished = run_binary({"check-config", daemon.config_file()});
  BOOST_TEST(finished.code == 78);
  BOOST_TEST(contains(finished.output, "/nonexistent/key.pem"));
}

BOOST_AUTO_TEST_CASE(check_config_tells_all_at_once_and_where_it_stands) {
  const TemporaryDirectory directory;
  const auto file = directory.path("m.toml");
  std::ofstream{file} << R"([milter]
socket = "unix:/tmp/m.sock"
socket_owner = "nobody-of-that-name"
socket_group = "no-group-of-that-name"
[daemon]
user = "no-user-of-that-name"
[dns]
trust_anchor_file = "/nonexistent/anchor"
[directory]
owner_files = ["/nonexistent/owners"]
[[sign.key]]
domain = "local.test"
selector = "s"
file = "/nonexistent/key.pem"
[[arc.key]]
domain = "local.test"
selector = "s"
file = "/"
)";
  const auto checked = run_binary({"check-config", file});
  BOOST_TEST(checked.code == 78);
  for (const auto* place : {":3:16: milter.socket_owner: ", ":4:16: milter.socket_group: ",
                            ":6:8: daemon.user: ", ":8:21: dns.trust_anchor_file: ",
                            ":10:15: directory.owner_files: ", ":14:8: sign.key.file: ",
                            ":18:8: arc.key.file: "})
    BOOST_TEST(contains(checked.output, file + place), place << checked.output);
  const auto run = run_binary({"run", "--config", file});
  BOOST_TEST(run.code == 78);
  BOOST_TEST(contains(run.output, ":3:16: milter.socket_owner: "), run.output);
}

BOOST_AUTO_TEST_CASE(the_sample_is_a_valid_configuration) {
  const TemporaryDirectory directory;
  const auto sample = run_binary({"config-reference", "sample"});
  BOOST_TEST(sample.code == 0);
  // The user it names exists only where the package is installed.
  auto text = sample.output;
  const std::string user = "#user = \"milterward\"";
  BOOST_REQUIRE(text.find(user) != std::string::npos);
  text.replace(text.find(user), user.size(), "user = \"root\"");
  std::ofstream{directory.path("sample.toml")} << text;
  const auto finished = run_binary({"check-config", directory.path("sample.toml")});
  BOOST_TEST(finished.code == 0, finished.output);
}

BOOST_AUTO_TEST_CASE(versions_name_the_libraries) {
  const auto text = run_binary({"version"});
  BOOST_TEST(text.code == 0);
  BOOST_TEST(text.output.starts_with("milterward "));
  BOOST_TEST(text.output.starts_with(run_binary({"--version"}).output));
  const auto json = run_binary({"version", "--json"});
  for (const auto* library : {"libmilter", "libopendkim", "libunbound", "openssl"}) {
    BOOST_TEST(contains(text.output, library));
    BOOST_TEST(contains(json.output, '"' + std::string{library} + '"'));
  }
}

BOOST_AUTO_TEST_CASE(events_are_listed) {
  const auto list = run_binary({"list-events"});
  BOOST_TEST(list.code == 0);
  BOOST_TEST(contains(list.output, "message.decided"));
}

BOOST_AUTO_TEST_SUITE_END()
