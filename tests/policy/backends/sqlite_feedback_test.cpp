// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite_feedback.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "policy/backends/feedback_sums.h"

using namespace milterward;
using namespace milterward::backends;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds first_midnight = std::chrono::sys_days{2026y / 11 / 20};
constexpr WallTime long_ago{};

struct Reports {
  Reports() {
    std::string name = "/tmp/milterward-feedback-XXXXXX";
    directory = ::mkdtemp(name.data());
  }
  ~Reports() { std::filesystem::remove_all(directory); }
  std::string path() const { return directory + "/feedback.db"; }

  ports::Kept add(const ports::FeedbackReport& report, bool counts = true) const {
    SqliteFeedback store{path()};
    const auto kept = store.add(report, {first_midnight + 30h, "mail.test", counts});
    BOOST_REQUIRE(kept.has_value());
    return *kept;
  }
  std::unique_ptr<ports::FeedbackReader> reader() const {
    auto opened = open_feedback_to_read(path());
    BOOST_REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  ports::DomainFeedback domain(const std::string& name, WallTime since = long_ago) const {
    const auto found = reader()->domains({since, name}, 10);
    BOOST_REQUIRE(found.has_value());
    return found->empty() ? ports::DomainFeedback{} : found->front();
  }
  std::string directory;
};

ports::AggregateRow row_of(const char* address, std::uint64_t count, bool dkim, bool spf) {
  ports::AggregateRow row;
  row.source = *IpAddress::parse(address);
  row.count = count;
  row.dkim = dkim;
  row.spf = spf;
  row.header_from = "a.test";
  return row;
}

ports::AggregateReport report_of(const std::string& organisation, const std::string& id,
                                 int day = 0) {
  ports::AggregateReport report;
  report.head = {organisation,
                 "r@" + organisation,
                 id,
                 first_midnight + 24h * day,
                 first_midnight + 24h * (day + 1) - 1s,
                 {}};
  report.domain = "a.test";
  report.policy = "none";
  report.rows = {row_of("192.0.2.1", 10, true, true), row_of("192.0.2.2", 4, true, false),
                 row_of("192.0.2.3", 3, false, false)};
  report.rows[2].disposition = ports::Disposition::quarantine;
  report.rows[2].spf_passed = {"other.test"};
  report.rows[2].dkim_failed = {"s1 (permerror)"};
  report.rows[2].reasons = {"mailing_list"};
  return report;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_feedback)

BOOST_AUTO_TEST_CASE(sums_are_those_of_all_reports) {
  const Reports reports;
  BOOST_TEST((reports.add(report_of("one.test", "1")) == ports::Kept::anew));
  BOOST_TEST((reports.add(report_of("two.test", "1", 1)) == ports::Kept::anew));
  const auto one = reports.domain("a.test");
  BOOST_TEST(one.reports == 2U);
  BOOST_TEST(one.organisations == 1U);
  BOOST_TEST(one.messages == 34U);
  BOOST_TEST(one.passed == 28U);
  BOOST_TEST(one.dkim == 28U);
  BOOST_TEST(one.spf == 20U);
  BOOST_TEST(one.quarantined == 6U);
  BOOST_TEST(one.rejected == 0U);
  BOOST_TEST((one.begin == first_midnight));
  BOOST_TEST((one.end == first_midnight + 48h - 1s));
  BOOST_TEST(one.policy == "none");
  const auto sources = reports.reader()->sources({long_ago, "a.test"}, 10);
  BOOST_REQUIRE(sources.has_value());
  BOOST_REQUIRE_EQUAL(sources->size(), 3U);
  const ports::SourceFeedback wanted{"192.0.2.3",
                                     6,
                                     0,
                                     0,
                                     0,
                                     6,
                                     "other.test",
                                     "s1 (permerror)",
                                     "",
                                     first_midnight + 48h - 1s};
  BOOST_TEST(((*sources)[2] == wanted));
  BOOST_TEST((*sources)[0].messages == 20U);
  BOOST_TEST((*sources)[0].passed_as == "");
}

BOOST_AUTO_TEST_CASE(a_report_counts_once) {
  const Reports reports;
  reports.add(report_of("one.test", "1"));
  BOOST_TEST((reports.add(report_of("one.test", "1")) == ports::Kept::known));
  BOOST_TEST(reports.domain("a.test").messages == 17U);
  // Some number their reports anew each day, or use one id for all domains.
  BOOST_TEST((reports.add(report_of("one.test", "1", 1)) == ports::Kept::anew));
  auto other = report_of("one.test", "1");
  other.domain = "b.test";
  BOOST_TEST((reports.add(other) == ports::Kept::anew));
}

BOOST_AUTO_TEST_CASE(what_is_not_believed_does_not_count_until_it_is) {
  const Reports reports;
  auto forged = report_of("one.test", "1");
  forged.rows = {row_of("203.0.113.9", 1'000'000, false, false)};
  reports.add(forged, false);
  auto one = reports.domain("a.test");
  BOOST_TEST(one.reports == 0U);
  BOOST_TEST(one.uncounted == 1U);
  BOOST_TEST(one.messages == 0U);
  BOOST_TEST(one.policy == "");
  {
    FeedbackFile file{reports.path(), FeedbackFile::Access::read};
    BOOST_TEST(file.database().number("SELECT count(*) FROM aggregate_row") == 0);
  }
  BOOST_TEST(reports.reader()->sources({long_ago, "a.test"}, 10)->empty());
  BOOST_TEST((reports.add(forged, false) == ports::Kept::known));
  BOOST_TEST((reports.add(report_of("one.test", "1")) == ports::Kept::believed_now));
  one = reports.domain("a.test");
  BOOST_TEST(one.uncounted == 0U);
  BOOST_TEST(one.messages == 17U);  // of the true one
  BOOST_TEST((reports.add(forged, false) == ports::Kept::known));
  BOOST_TEST(reports.domain("a.test").messages == 17U);
}

BOOST_AUTO_TEST_CASE(what_is_not_believed_makes_no_days) {
  const Reports reports;
  reports.add(report_of("one.test", "1"));
  auto forged = report_of("two.test", "1", -40);
  forged.head.end = first_midnight + 24h * 50;
  reports.add(forged, false);
  const auto one = reports.domain("a.test");
  BOOST_TEST((one.begin == first_midnight));
  BOOST_TEST((one.end == first_midnight + 24h - 1s));
  BOOST_TEST(one.uncounted == 1U);
}

BOOST_AUTO_TEST_CASE(receivers_are_told_apart_by_whose_mail_it_was) {
  const Reports reports;
  reports.add(report_of("one.test", "1"));
  reports.add(report_of("two.test", "1"));
  BOOST_TEST(reports.domain("a.test").organisations == 1U);  // both of mail.test
  SqliteFeedback store{reports.path()};
  BOOST_REQUIRE(
      store.add(report_of("three.test", "1"), {first_midnight, "", true}).has_value());
  BOOST_TEST(reports.domain("a.test").organisations == 2U);
}

BOOST_AUTO_TEST_CASE(mail_that_passes_is_not_excused) {
  const Reports reports;
  auto report = report_of("one.test", "1");
  report.rows[0].reasons = {"mailing_list"};
  reports.add(report);
  const auto sources = reports.reader()->sources({long_ago, "a.test"}, 10);
  BOOST_REQUIRE(sources.has_value());
  BOOST_TEST(sources->front().messages == 10U);
  BOOST_TEST(sources->front().excused == 0U);
}

BOOST_AUTO_TEST_CASE(what_does_not_count_goes_before_what_does) {
  const Reports reports;
  for (int day = 0; day < 30; ++day) {
    auto report = report_of("one.test", std::to_string(day), day);
    report.rows.resize(500, report.rows[0]);
    reports.add(report);
  }
  for (int number = 0; number < 40; ++number)
    reports.add(report_of("two.test", std::to_string(number), 60), false);
  SqliteFeedback store{reports.path()};
  BOOST_TEST(*store.tidy(first_midnight, 300'000) >= 40U);
  const auto one = reports.domain("a.test");
  BOOST_TEST(one.uncounted == 0U);
  BOOST_TEST((one.end == first_midnight + 24h * 30 - 1s));
}

BOOST_AUTO_TEST_CASE(
    the_policy_is_that_of_the_newest_report_and_as_old_as_it_is_undisputed) {
  const Reports reports;
  for (int day = 0; day < 6; ++day) {
    auto report = report_of("one.test", std::to_string(day), day);
    report.policy = day < 3 ? "none" : "quarantine";
    reports.add(report);
  }
  auto silent = report_of("two.test", "x", 5);
  silent.policy = "";
  reports.add(silent);
  const auto one = reports.domain("a.test");
  BOOST_TEST(one.policy == "quarantine");
  BOOST_TEST((one.policy_since == first_midnight + 72h));
}

BOOST_AUTO_TEST_CASE(only_what_ended_within_the_time_is_summed_up) {
  const Reports reports;
  reports.add(report_of("one.test", "1"));
  reports.add(report_of("one.test", "2", 5));
  BOOST_TEST(reports.domain("a.test", first_midnight + 24h).messages == 17U);
  BOOST_TEST(reports.domain("nobody.test").reports == 0U);
}

BOOST_AUTO_TEST_CASE(tls_is_summed_up_by_domain_and_failure) {
  const Reports reports;
  ports::TlsReport report;
  report.head = {"sender.test", "", "1", first_midnight, first_midnight + 24h, {}};
  report.policies = {{"sts",
                      "a.test",
                      90,
                      10,
                      {{"certificate-expired", "mx.a.test", 7, ""},
                       {"starttls-not-supported", "mx2.a.test", 3, "no-starttls"}}},
                     {"no-policy-found", "b.test", 5, 0, {}}};
  reports.add(report);
  report.head.report_id = "2";
  reports.add(report);
  report.head.report_id = "3";
  reports.add(report, false);
  const auto found = reports.reader()->tls({long_ago, ""}, 10);
  BOOST_REQUIRE(found.has_value());
  BOOST_REQUIRE_EQUAL(found->size(), 2U);
  const auto& one = found->front();
  BOOST_TEST(one.domain == "a.test");
  BOOST_TEST(one.reports == 2U);
  BOOST_TEST(one.uncounted == 1U);
  BOOST_TEST(one.organisations == 1U);
  BOOST_TEST(one.worked == 180U);
  BOOST_TEST(one.failed == 20U);
  BOOST_REQUIRE_EQUAL(one.failures.size(), 2U);
  BOOST_TEST(one.failures[0].kind == "certificate-expired");
  BOOST_TEST(one.failures[0].count == 14U);
  BOOST_TEST(one.failures[1].reason == "no-starttls");
}

BOOST_AUTO_TEST_CASE(old_reports_go_with_all_that_belongs_to_them) {
  const Reports reports;
  for (int day = 0; day < 50; ++day)
    reports.add(report_of("one.test", std::to_string(day), day));
  SqliteFeedback store{reports.path()};
  BOOST_TEST(*store.tidy(first_midnight + 24h * 45, 100'000'000) == 45U);
  BOOST_TEST(reports.domain("a.test").messages == 5 * 17U);
  BOOST_TEST(*store.tidy(first_midnight + 24h * 45, 100'000'000) == 0U);
  FeedbackFile file{reports.path(), FeedbackFile::Access::read};
  BOOST_TEST(file.database().number("SELECT count(*) FROM aggregate_row") == 15);
}

BOOST_AUTO_TEST_CASE(the_oldest_go_where_there_is_too_much) {
  const Reports reports;
  {
    SqliteFeedback store{reports.path()};
    for (int day = 0; day < 60; ++day) {
      auto report = report_of("one.test", std::to_string(day), day);
      report.rows.resize(500, report.rows[0]);
      BOOST_REQUIRE(store.add(report, {first_midnight, "", true}).has_value());
    }
    BOOST_TEST(*store.tidy(first_midnight, 1'000'000) > 0U);
  }  // who closes it writes all of it into the file
  BOOST_TEST(std::filesystem::file_size(reports.path()) <= 1'000'000U);
  const auto one = reports.domain("a.test");
  BOOST_TEST(one.reports > 5U);
  BOOST_TEST((one.end == first_midnight + 24h * 60 - 1s));  // the newest are left
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_moved_aside_and_begun_anew) {
  const Reports reports;
  std::ofstream{reports.path()} << std::string(8192, 'x');
  BOOST_TEST((reports.add(report_of("one.test", "1")) == ports::Kept::anew));
  BOOST_TEST(std::filesystem::exists(reports.path() + ".damaged"));
  BOOST_TEST(reports.domain("a.test").messages == 17U);
}

BOOST_AUTO_TEST_CASE(the_file_is_for_the_daemon_and_its_group) {
  const Reports reports;
  const auto before = ::umask(0);
  reports.add(report_of("one.test", "1"));
  ::umask(before);
  struct stat status {};
  BOOST_REQUIRE_EQUAL(::stat(reports.path().c_str(), &status), 0);
  BOOST_TEST((status.st_mode & 0777U) == 0640U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_had_is_said) {
  const Reports reports;
  const auto none = open_feedback_to_read(reports.path());
  BOOST_REQUIRE(!none.has_value());
  BOOST_TEST(none.fault().find("there are none yet") != std::string::npos, none.fault());
  SqliteFeedback store{"/nowhere/at/all/feedback.db"};
  const auto kept = store.add(report_of("one.test", "1"), {first_midnight, "", true});
  BOOST_REQUIRE(!kept.has_value());
  BOOST_TEST(kept.fault().find("/nowhere/at/all/feedback.db") != std::string::npos);
  // A file of later days is left alone.
  reports.add(report_of("one.test", "1"));
  {
    FeedbackFile file{reports.path(), FeedbackFile::Access::read_and_write};
    file.database().run("PRAGMA user_version = 2");
  }
  SqliteFeedback later{reports.path()};
  BOOST_TEST(
      !later.add(report_of("one.test", "2"), {first_midnight, "", true}).has_value());
  BOOST_TEST(!std::filesystem::exists(reports.path() + ".damaged"));
}

BOOST_AUTO_TEST_SUITE_END()
