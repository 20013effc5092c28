// SPDX-License-Identifier: Apache-2.0
// The client an upstream names: the cases of mail/received.cases.
#include "policy/mail/received.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward {
namespace {

std::string brief(const Result<ReceivedClient, ReceivedFault>& client) {
  if (!client) {
    switch (client.fault()) {
      case ReceivedFault::no_field:
        return "no_field";
      case ReceivedFault::no_client:
        return "no_client";
      case ReceivedFault::ambiguous:
        return "ambiguous";
    }
  }
  return client->address.text() + (client->helo.empty() ? "" : " " + client->helo);
}

BOOST_AUTO_TEST_SUITE(received_fields)

BOOST_DATA_TEST_CASE(reads_received_fields, tests::read_cases("mail/received.cases"), c) {
  RawHeaders headers{{"Return-Path", " <x@y>"}};
  for (const auto& value : c.all("Received"))
    headers.push_back({"Received", tests::unescaped(value)});
  BOOST_TEST(brief(upstream_client_of(headers)) == c["want"]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward
