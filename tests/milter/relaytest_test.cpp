// SPDX-License-Identifier: Apache-2.0
// Whom `milterward relaytest` connects to, and how its arguments are read.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "milter/commands/default_gateways.h"
#include "tests/milter/daemon_process.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

using milterward::tests::contains;

auto relaytest(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "relaytest");
  return run_binary(arguments);
}

BOOST_AUTO_TEST_SUITE(relay_test_command)

BOOST_AUTO_TEST_CASE(nobody_is_tested_who_is_not_named) {
  const auto finished = relaytest({"127.0.0.1:1", "--domain", "a.test"});
  BOOST_TEST(finished.code == 64);
  BOOST_TEST(contains(finished.output, "127.0.0.1, which no --mine names"));
  BOOST_TEST(relaytest({"127.0.0.1:1", "--mine", "127.0.0.2", "--domain", "a.test"}).code ==
             64);
  BOOST_TEST(relaytest({"[::1]:1", "--mine", "127.0.0.1", "--domain", "a.test"}).code ==
             64);
}

BOOST_AUTO_TEST_CASE(arguments_that_mean_nothing_are_named) {
  const std::vector<std::string> mine{"--mine", "127.0.0.1"};
  const auto code_and_text = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), mine.begin(), mine.end());
    const auto finished = relaytest(arguments);
    return std::to_string(finished.code) + " " + finished.output;
  };
  BOOST_TEST(contains(code_and_text({"127.0.0.1:0", "--domain", "a.test"}),
                      "64 milterward: 0: not a port"));
  BOOST_TEST(contains(code_and_text({"127.0.0.1:1"}), "64 milterward: --domain : not a"));
  BOOST_TEST(contains(code_and_text({"127.0.0.1:1", "--domain", "a..b"}), "not a domain"));
  BOOST_TEST(contains(code_and_text({"127.0.0.1:1", "--domain", "example.com"}),
                      "--foreign must be a domain the server does not serve"));
  BOOST_TEST(contains(code_and_text({"127.0.0.1:1", "--domain", "a.test", "--source", "x"}),
                      "--source x: not an address"));
  BOOST_TEST(contains(
      code_and_text({"127.0.0.1:1", "--domain", "a.test", "--patience", "0"}), "64 "));
  BOOST_TEST(contains(code_and_text({"--domain", "a.test"}), "no host is named"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_proves_nothing) {
  const auto finished =
      relaytest({"127.0.0.1:1", "--mine", "127.0.0.1", "--domain", "a.test"});
  BOOST_TEST(finished.code == 1);
  BOOST_TEST(contains(finished.output, "Nothing is proven"));
}

BOOST_AUTO_TEST_CASE(the_battery_can_be_read) {
  const auto finished = relaytest({"--list"});
  BOOST_TEST(finished.code == 0);
  BOOST_TEST(contains(finished.output, "percent at our domain\n"));
  BOOST_TEST(contains(finished.output, "  RCPT TO:<u%{foreign}@{ours}>\n"));
}

BOOST_AUTO_TEST_CASE(default_gateways_are_read_from_the_tables_of_linux) {
  const auto v4 = commands::parse_ipv4_routes(
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
      "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0   \n"
      "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
      "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
      "tun1\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
      "bad\t00000000\tXY0011AC\t0003\t0\t0\t0\t00000000\nshort\t0\n");
  BOOST_REQUIRE(v4.size() == 1U);
  BOOST_TEST(v4[0].text() == "172.17.0.1");
  const std::string none(32, '0');
  const auto v6 = commands::parse_ipv6_routes(
      none + " 00 " + none + " 00 fd000000000000000000000000000001 00000400 0 0 3 eth0\n" +
      none + " 00 " + none + " 00 " + none + " 00000400 0 0 3 lo\n" + "fd00" +
      std::string(28, '0') + " 40 " + none + " 00 " + none + " 0 0 0 1 eth0\n");
  BOOST_REQUIRE(v6.size() == 1U);
  BOOST_TEST(v6[0].text() == "fd00::1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
