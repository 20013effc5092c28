// SPDX-License-Identifier: Apache-2.0
// Who is the client, when only its macros say so?
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "milter/front/session.h"

using namespace milterward;
using front::client_macros;
using front::client_of;

namespace {

class GivenMacros final : public Macros {
 public:
  explicit GivenMacros(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}
  std::string_view value(std::string_view name) const override {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view{} : std::string_view{found->second};
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(clients_by_macro)

BOOST_AUTO_TEST_CASE(a_named_client_is_taken_as_named) {
  const auto client = client_of(GivenMacros{{{"{client_addr}", "192.0.2.7"},
                                             {"{client_name}", "mx.test"},
                                             {"{client_port}", "25"}}});
  BOOST_REQUIRE(client.has_value());
  BOOST_TEST(client->client.text() == "192.0.2.7");
  BOOST_TEST(client->host_name == "mx.test");
  BOOST_TEST(client->port == 25);
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_written_as_at_connect) {
  const auto client = client_of(
      GivenMacros{{{"{client_addr}", "192.0.2.7"}, {"{client_name}", "unknown"}}});
  BOOST_REQUIRE(client.has_value());
  BOOST_TEST(client->host_name == "[192.0.2.7]");
}

BOOST_AUTO_TEST_CASE(both_spellings_of_ipv6_are_read) {
  for (const auto* spelling :
       {"IPv6:2001:db8::1", "2001:db8::1", "IPv6:2001:db8:0:0:0:0:0:1"}) {
    const auto client = client_of(GivenMacros{{{"{client_addr}", spelling}}});
    BOOST_REQUIRE(client.has_value());
    BOOST_TEST(client->client.text() == "2001:db8::1");
  }
}

BOOST_AUTO_TEST_CASE(without_an_address_nobody_is_announced) {
  BOOST_TEST(!client_of(GivenMacros{{}}).has_value());
  BOOST_TEST(!client_of(GivenMacros{{{"{client_addr}", "unknown"}}}).has_value());
  BOOST_TEST(client_macros(GivenMacros{{{"{client_name}", "mx.test"}}}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
