// SPDX-License-Identifier: Apache-2.0
// Date and Message-ID fields: the cases of mail/date_time.cases and mail/message_id.cases.
#include "policy/mail/date_time.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/mail/message_id.h"
#include "tests/support/cases.h"

namespace milterward {
namespace {

using tests::read_cases;
using tests::unescaped;

BOOST_DATA_TEST_CASE(reads_dates, read_cases("mail/date_time.cases"), c) {
  BOOST_TEST((is_date_time(unescaped(c["value"])) ? "yes" : "no") == c["want"]);
}

BOOST_DATA_TEST_CASE(reads_message_ids, read_cases("mail/message_id.cases"), c) {
  BOOST_TEST((is_message_id(unescaped(c["value"])) ? "yes" : "no") == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_date_we_write_is_one_we_read) {
  for (const auto seconds : {0LL, 951782400LL, 1790000000LL, 4102444799LL})
    BOOST_TEST(is_date_time(date_time_of(WallTime{std::chrono::seconds{seconds}})));
  BOOST_TEST(date_time_of(WallTime{std::chrono::seconds{0}}) ==
             "Thu, 1 Jan 1970 00:00:00 +0000");
}

}  // namespace
}  // namespace milterward
