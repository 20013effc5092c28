// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/notification.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "milter/status/line.h"

using namespace milterward;
using namespace milterward::notify;

namespace {

constexpr WallTime moment{std::chrono::milliseconds{1'790'000'000'007}};

Notification of(const std::vector<LogField>& fields, std::size_t not_told = 0) {
  return make_notification(Event::store_failing, fields, "mx.example.org", moment,
                           not_told);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notification)

BOOST_AUTO_TEST_CASE(says_what_happened_where_and_when) {
  BOOST_TEST(
      of({{"store", "redis://10.0.0.1"}, {"reason", "timed out"}}).json ==
      R"({"event":"store.failing","level":"error","time":"2026-09-21T14:13:20.007Z",)"
      R"("host":"mx.example.org",)"
      R"("text":"mx.example.org: store.failing store=redis://10.0.0.1 )"
      R"(reason=\"timed out\"","fields":{"store":"redis://10.0.0.1",)"
      R"("reason":"timed out"},"not_told":0})");
}

BOOST_AUTO_TEST_CASE(says_how_many_came_before_it_and_were_not_told) {
  const auto json = nlohmann::json::parse(of({}, 12).json);
  BOOST_TEST(json["not_told"] == 12);
  BOOST_TEST(json["text"] == "mx.example.org: store.failing (12 before it were not told)");
  BOOST_TEST(json["fields"].empty());
}

BOOST_AUTO_TEST_CASE(the_environment_holds_nothing_that_a_stranger_wrote) {
  const auto told = of({{"reason", "x\nMILTERWARD_EVENT=forged; $(reboot)"}});
  const std::vector<std::string> want{
      "MILTERWARD_EVENT=store.failing", "MILTERWARD_LEVEL=error",
      "MILTERWARD_TIME=2026-09-21T14:13:20.007Z", "MILTERWARD_HOST=mx.example.org"};
  BOOST_TEST(told.environment == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(hostile_values_stay_one_line_of_ascii_and_whole) {
  const std::string value{"a\"}\n\xff\xe2\x80\xaez\0z", 11};
  const auto json = of({{"reason", value}}).json;
  for (const char c : json) BOOST_TEST((c >= ' ' && c < 0x7f));
  BOOST_TEST(nlohmann::json::parse(json)["fields"]["reason"] == status::for_json(value));
}

BOOST_AUTO_TEST_CASE(is_short_however_long_the_fields_are) {
  std::vector<LogField> fields;
  const std::string long_value(100'000, '\x01');
  for (int i = 0; i < 26; ++i)
    fields.push_back({std::string_view{"abcdefghijklmnopqrstuvwxyz"}.substr(
                          static_cast<std::size_t>(i), 1),
                      long_value});
  const auto json = of(fields).json;
  BOOST_TEST(json.size() < 150'000U);
  BOOST_TEST(
      nlohmann::json::parse(json)["fields"]["z"].get<std::string>().ends_with("..."));
}

BOOST_AUTO_TEST_SUITE_END()
