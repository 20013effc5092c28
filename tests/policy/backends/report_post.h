// SPDX-License-Identifier: Apache-2.0
// All that makes and takes reports in a test: the real store, the real keeper, and a mail
// server whose memory is a file, so that it outlives who talked to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "policy/backends/report_file.h"
#include "policy/chores/report_keeper.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {

inline constexpr std::chrono::seconds midnight{1'789'948'800};  // the day of FakeClock

/// Files a mail once its last line has come, whether or not anybody hears the answer: a
/// line "MAIL" before each.
class FilingServer final : public ports::SmtpServer {
 public:
  explicit FilingServer(std::string path) : path_(std::move(path)) {}

  int rcpt = 250;
  int data = 250;
  std::set<std::string> unknown;        // addresses that are refused for good
  std::function<void()> before_answer;  // the mail is filed by then

  Result<std::unique_ptr<ports::SmtpConnection>, ports::SmtpFault> connect() override;
  std::vector<std::string> mails() const;

 private:
  class Connection;
  const std::string path_;
};

conf::ReportSettings some_report_settings(const std::string& file);

/// Of the day that begins at midnight; equal ones are counted together.
ports::ReportEntry entry(const std::string& domain, int number = 0,
                         const std::string& rua = "");

struct Post {
  TemporaryDirectory directory;
  conf::ReportSettings settings = some_report_settings(directory.path("reports.db"));
  FakeClock clock;
  FakeResolver dns;
  FilingServer server{directory.path("mails")};

  /// Two minutes behind the end of the day.
  Post();

  std::unique_ptr<backends::ReportFile> open() const;
  void collect(const std::vector<ports::ReportEntry>& entries) const;
  backends::ReportFile::Room room() const;
  chores::ReportKeeper::World world(ports::ReportStore& store,
                                    ports::AtReportPoint at = {});
  chores::ReportKeeper::Tally round(ports::ReportStore& store,
                                    ports::AtReportPoint at = {});
  chores::ReportKeeper::Tally round() { return round(*open()); }
  std::vector<ports::Delivery> deliveries() const;
};

/// Mails by Report-ID: one each where each report was handed over as the same mail.
std::map<std::string, std::set<std::string>> by_report(
    const std::vector<std::string>& mails);

/// Messages by domain, as those read it who got these mails; what came twice counts once.
std::map<std::string, std::uint64_t> messages_told(const std::vector<std::string>& mails);

/// Does `work` in a process of its own; whether that was killed.
bool is_killed(const std::function<void()>& work);

/// Kills the process when that point is reached for the `nth` time.
ports::AtReportPoint death_at(ports::ReportPoint point, int nth);

}  // namespace milterward::tests
