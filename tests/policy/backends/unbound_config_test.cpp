// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_config.h"
#include "tests/support/contains.h"

#include <boost/test/unit_test.hpp>

using namespace milterward;
using backends::forward_addresses;
using backends::ForwardAddresses;
using backends::unbound_config;

namespace {

std::string joined(const ForwardAddresses& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : " ") + address;
  return text;
}

using milterward::tests::contains;

}  // namespace

BOOST_AUTO_TEST_SUITE(unbound_configs)

BOOST_AUTO_TEST_CASE(configured_servers_win_over_the_systems) {
  const std::vector<conf::DnsServer> servers{{IpAddress::v4({127, 0, 0, 1}), 5353},
                                             {IpAddress::parse("2001:db8::1").value(), 53}};
  BOOST_TEST(joined(forward_addresses(servers, "nameserver 192.0.2.53\n")) ==
             "127.0.0.1@5353 2001:db8::1@53");
}

BOOST_AUTO_TEST_CASE(every_nameserver_line_of_the_system_counts) {
  BOOST_TEST(joined(forward_addresses({},
                                      "# written by a program\n"
                                      "search example.test\n"
                                      "nameserver 192.0.2.53\n"
                                      "\tnameserver\t2001:db8::53 # second\n"
                                      "nameserver fe80::1%eth0\n"
                                      "nameservers 192.0.2.99\n"
                                      "nameserver not-an-address\n"
                                      "nameserver 192.0.2.54\"\n"
                                      "options edns0")) ==
             "192.0.2.53@53 2001:db8::53@53 fe80::1%eth0@53");
}

BOOST_AUTO_TEST_CASE(without_any_server_the_local_one_is_asked_never_the_internet) {
  BOOST_TEST(joined(forward_addresses({}, "")) == "127.0.0.1@53");
  BOOST_TEST(joined(forward_addresses({}, "nameserver\nnameserver fe80::1%\n")) ==
             "127.0.0.1@53");
}

BOOST_AUTO_TEST_CASE(all_questions_go_to_the_servers) {
  const auto config = unbound_config({"192.0.2.53@53", "192.0.2.54@53"}, "");
  BOOST_TEST(contains(config,
                      "forward-zone:\n  name: \".\"\n  forward-no-cache: yes\n"
                      "  forward-addr: \"192.0.2.53@53\"\n"
                      "  forward-addr: \"192.0.2.54@53\"\n"));
}

BOOST_AUTO_TEST_CASE(validation_needs_a_trust_anchor) {
  BOOST_TEST(
      contains(unbound_config({"192.0.2.53@53"}, ""), "module-config: \"iterator\""));
  const auto config = unbound_config({"192.0.2.53@53"}, "/etc/anchor");
  BOOST_TEST(contains(config, "module-config: \"validator iterator\""));
  BOOST_TEST(contains(config, "trust-anchor-file: \"/etc/anchor\""));
}

BOOST_AUTO_TEST_CASE(single_server_is_tried_again_sooner_than_one_of_several) {
  BOOST_TEST(contains(unbound_config({"192.0.2.53@53"}, ""), "infra-host-ttl: 1\n"));
  BOOST_TEST(contains(unbound_config({"192.0.2.53@53", "192.0.2.54@53"}, ""),
                      "infra-host-ttl: 2\n"));
}

BOOST_AUTO_TEST_SUITE_END()
