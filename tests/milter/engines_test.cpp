// SPDX-License-Identifier: Apache-2.0
// Engines that are opened when they are chosen: they serve, and where one is missing the
// daemon says so, with the place of the key, and does not start.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/milter/daemon_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

using namespace milterward::tests;

namespace {

using milterward::tests::contains;

constexpr auto libopendkim = "[dkim]\nengine = \"libopendkim\"\n";

/// A copy of the daemon, and beside it a module that cannot be one.
struct BrokenInstallation {
  BrokenInstallation() {
    std::filesystem::copy_file(binary(), program);
    std::ofstream{directory.path("milterward-opendkim.so")} << "no module";
    std::ofstream{directory.path("conf.toml")} << "[daemon]\nuser = \"root\"\n"
                                               << libopendkim;
  }
  TemporaryDirectory directory;
  std::string program = directory.path("milterward");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engines)

BOOST_AUTO_TEST_CASE(libopendkim_verifies_and_signs_when_it_is_chosen) {
  // The Ed25519 key of RFC 8463 appendix A would be signed with by our own code: RSA it is.
  const TemporaryDirectory desk;
  std::ofstream{desk.path("conf.toml")} << libopendkim;
  std::ofstream{desk.path("mail.eml")} << "From: Alice <alice@example.org>\n\nHi Bob\n";
  const auto key = desk.path("key.pem");
  const auto made =
      "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
      "-out " +
      key + " 2>/dev/null && chmod 600 " + key;
  BOOST_REQUIRE(std::system(made.c_str()) == 0);
  const auto publish =
      "printf 's1._domainkey.example.org TXT \"v=DKIM1; \" \"p=\" "
      "' >" +
      desk.path("zone") + " && openssl pkey -in " + key +
      " -pubout 2>/dev/null | sed '/^-/d; s/.*/\"&\"/' | tr '\\n' ' ' >>" +
      desk.path("zone");
  BOOST_REQUIRE(std::system(publish.c_str()) == 0);

  const auto sent =
      run_binary({"sign", "--config", desk.path("conf.toml"), "--domain", "example.org",
                  "--selector", "s1", "--key", key, desk.path("mail.eml")});
  BOOST_REQUIRE(sent.code == 0);
  std::ofstream{desk.path("signed.eml")} << sent.output;
  const auto read = run_binary({"evaluate", "--config", desk.path("conf.toml"), "--zone",
                                desk.path("zone"), "--ip", "192.0.2.1", "--sender", "<>",
                                desk.path("signed.eml")});
  BOOST_TEST(contains(read.output, "pass d=example.org s=s1 a=rsa-sha256"), read.output);
}

BOOST_AUTO_TEST_CASE(a_daemon_with_libopendkim_starts_and_reloads_away_from_it) {
  DaemonProcess daemon{53, libopendkim};
  daemon.start_and_wait();
  daemon.rewrite_config("engine = \"libopendkim\"", "engine = \"native\"");
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded");
  daemon.signal(SIGTERM);
  BOOST_TEST((daemon.wait_end() == 0));
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_not_there_is_named_with_the_place_of_its_key) {
  const BrokenInstallation broken;
  const auto config = broken.directory.path("conf.toml");
  const auto checked = run_binary({"check-config", config}, broken.program);
  BOOST_TEST(checked.code == 78);
  BOOST_TEST(contains(checked.output, config + ":4:10: dkim.engine: " +
                                          broken.directory.path("milterward-opendkim.so") +
                                          " cannot be loaded: "),
             checked.output);
  BOOST_TEST(contains(checked.output, "install the packages libopendkim11 and"),
             checked.output);
  const auto run = run_binary({"run", "--config", config}, broken.program);
  BOOST_TEST(run.code == 78);
  BOOST_TEST(contains(run.output, "event=daemon.failed"), run.output);
  BOOST_TEST(contains(run.output, config + ":4:10: dkim.engine: "), run.output);
  const auto version = run_binary({"version"}, broken.program);
  BOOST_TEST(version.code == 0);
  BOOST_TEST(contains(version.output, "libopendkim not installed"), version.output);
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_not_chosen_is_not_missed) {
  const BrokenInstallation broken;
  const auto config = broken.directory.path("conf.toml");
  std::ofstream{config} << "[daemon]\nuser = \"root\"\n";
  BOOST_TEST(run_binary({"check-config", config}, broken.program).code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
