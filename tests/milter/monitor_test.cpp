// SPDX-License-Identifier: Apache-2.0
// Log lines read back, and counted: tests/cases/milter/monitor.cases.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "milter/status/line.h"
#include "milter/status/line_reader.h"
#include "milter/status/monitor_tally.h"
#include "policy/base/ascii.h"
#include "tests/milter/daemon_process.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using status::MonitorTally;

std::string in_words(const char* title, const status::NameCounts& names) {
  std::string text;
  for (const auto& [name, count] : names.top(10))
    text += fmt::format(" {}={}", name, count);
  return text.empty() ? "" : fmt::format(" {}{}", title, text);
}

std::string in_lines(const MonitorTally& tally) {
  std::string text;
  for (const auto& [name, rule] : tally.rules()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "\n", name, rule.mode_key);
    for (const auto& [action, count] : rule.actions)
      text += fmt::format(" {}={}", action, count);
    text += in_words("domains", rule.domains) + in_words("logins", rule.logins) +
            in_words("clients", rule.clients) + " examples";
    for (const auto& example : rule.examples)
      text += " " + (example.queue_id.empty() ? example.id : example.queue_id);
  }
  for (const auto& [finding, accounts] : tally.preflight())
    text += (text.empty() ? "" : "\n") + in_words(finding.c_str(), accounts).substr(1);
  return text.empty() ? "-" : text;
}

BOOST_AUTO_TEST_SUITE(report_of_monitor_mode)

BOOST_DATA_TEST_CASE(counts_what_was_held_back,
                     bdata::make(read_cases("milter/monitor.cases")), c) {
  MonitorTally tally;
  for (const auto line : split(c["log"], '\n'))
    if (const auto event = status::parse_line(line)) tally.add(*event);
  BOOST_TEST(in_lines(tally) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_line_is_read_as_it_was_written) {
  const std::string nasty{"a\"b\\c\n\r\t\x01 d=e \xff event=x {\"event\":\0", 34};
  const std::vector<LogField> fields{{"id", "1"}, {"helo", nasty}, {"empty", ""}};
  const auto keyvalue =
      status::parse_line(status::keyvalue_line(Event::message_decided, fields));
  BOOST_REQUIRE(keyvalue.has_value());
  BOOST_TEST(keyvalue->name == "message.decided");
  BOOST_TEST((*keyvalue)["helo"] == nasty);
  BOOST_TEST((*keyvalue)["empty"] == "");
  BOOST_TEST(keyvalue->fields.contains("empty"));
  const auto json = status::parse_line(status::json_line(Event::message_decided, fields));
  BOOST_REQUIRE(json.has_value());
  BOOST_TEST((*json)["helo"] == status::for_json(nasty));
}

BOOST_AUTO_TEST_CASE(a_line_that_names_no_event_is_none_of_ours) {
  for (const auto* line : {"event=", "event= a=b", "{\"event\":\"\"}", "a=b", ""})
    BOOST_TEST(!status::parse_line(line).has_value(), line);
}

BOOST_AUTO_TEST_CASE(names_without_end_do_not_fill_the_memory) {
  status::NameCounts names;
  names.add("first");
  for (std::size_t i = 0; i < status::NameCounts::most_names; ++i)
    names.add(std::to_string(i));
  names.add("first");
  BOOST_TEST(names.size() == status::NameCounts::most_names);
  BOOST_TEST(names.uncounted() == 1);
  BOOST_TEST(names.top(1).front().second == 2);
}

BOOST_AUTO_TEST_CASE(a_log_without_decisions_is_a_wrong_log) {
  const auto finished = run_binary({"report", "monitor", "/dev/null"});
  BOOST_TEST(finished.code == 1);
  BOOST_TEST(finished.output.find("there is no decision in /dev/null") !=
             std::string::npos);
  BOOST_TEST(run_binary({"report", "monitor", "/nowhere"}).code == 1);
  BOOST_TEST(run_binary({"report", "other"}).code == 64);
  BOOST_TEST(run_binary({"report", "monitor", "x", "--since", "today"}).code == 64);
}

BOOST_AUTO_TEST_CASE(without_a_file_the_journal_is_read) {
  const TemporaryDirectory directory;
  const auto journalctl = directory.path("journalctl");
  std::ofstream{journalctl} << "#!/bin/sh\n"
                               "echo event=message.decided id=1 queue_id=4Xa from=a.test "
                               "verdict=accept rule=spf.fail mode=monitor would=\"$*\"\n";
  std::filesystem::permissions(journalctl, std::filesystem::perms::owner_all);
  const auto finished = run_binary({"PATH=" + directory.path() + ":/usr/bin:/bin", binary(),
                                    "report", "monitor", "--since", "-3d", "--json"},
                                   "/usr/bin/env");
  BOOST_TEST(finished.code == 0);
  BOOST_TEST(finished.output.find("\"queue_id\": \"4Xa\"") != std::string::npos);
  std::ofstream{journalctl} << "#!/bin/sh\necho no journal >&2; exit 1\n";
  const auto failing = run_binary(
      {"PATH=" + directory.path() + ":/usr/bin:/bin", binary(), "report", "monitor"},
      "/usr/bin/env");
  BOOST_TEST(failing.code == 1);
  BOOST_TEST(failing.output.find("the journal cannot be read: journalctl ended with 1: no "
                                 "journal") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
