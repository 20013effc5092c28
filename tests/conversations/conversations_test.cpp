// SPDX-License-Identifier: Apache-2.0
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/conversations/talk.h"

namespace milterward::tests {
namespace {

constexpr auto native = conf::DkimEngine::native;
constexpr auto libopendkim = conf::DkimEngine::libopendkim;

BOOST_DATA_TEST_CASE(inbound, read_cases("conversations/inbound.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(inbound_by_libopendkim, read_cases("conversations/inbound.cases"), c) {
  play(libopendkim, c);
}
BOOST_DATA_TEST_CASE(submission, read_cases("conversations/submission.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(submission_by_libopendkim,
                     read_cases("conversations/submission.cases"), c) {
  play(libopendkim, c);
}
BOOST_DATA_TEST_CASE(returned, read_cases("conversations/returned.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(spf, read_cases("conversations/spf.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(arc, read_cases("conversations/arc.cases"), c) { play(native, c); }
BOOST_DATA_TEST_CASE(identity, read_cases("conversations/identity.cases"), c) {
  play(native, c);
}
BOOST_DATA_TEST_CASE(relay, read_cases("conversations/relay.cases"), c) { play(native, c); }

}  // namespace
}  // namespace milterward::tests
