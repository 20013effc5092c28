// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/report_post.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <variant>

#include "policy/backends/sqlite_report_rows.h"
#include "policy/feedback/ingest.h"
#include "policy/reports/aggregate_rows.h"
#include "tests/support/spoken_smtp.h"

namespace milterward::tests {

using namespace std::chrono_literals;
using std::chrono::seconds;

class FilingServer::Connection final : public SpokenSmtp {
 public:
  explicit Connection(FilingServer& server) : server_(server) {}
  const ports::SmtpReply& greeting() const noexcept override { return greeting_; }

 private:
  ports::SmtpResult reply_to(std::string_view line) override {
    if (line.starts_with("RCPT")) {
      const auto address = line.substr(9, line.size() - 10);  // RCPT TO:<...>
      const bool is_unknown = server_.unknown.contains(std::string{address});
      return ports::SmtpReply{is_unknown ? 550 : server_.rcpt, "recipient"};
    }
    if (line == "DATA") return ports::SmtpReply{354, "go on"};
    if (!line.starts_with("Date:")) return ports::SmtpReply{250, "well"};
    if (server_.data == 250) {
      std::ofstream{server_.path_, std::ios::app} << "MAIL\n" << line << "\n";
      if (server_.before_answer) server_.before_answer();
    }
    return ports::SmtpReply{server_.data, "mail"};
  }

  FilingServer& server_;
  const ports::SmtpReply greeting_{220, "here"};
};

Result<std::unique_ptr<ports::SmtpConnection>, ports::SmtpFault> FilingServer::connect() {
  return std::unique_ptr<ports::SmtpConnection>{std::make_unique<Connection>(*this)};
}

std::vector<std::string> FilingServer::mails() const {
  std::ifstream file{path_};
  const std::string all{std::istreambuf_iterator<char>{file}, {}};
  std::vector<std::string> found;
  for (auto at = all.find("MAIL\n"); at != std::string::npos;) {
    const auto next = all.find("MAIL\n", at + 5);
    found.push_back(all.substr(at + 5, next - at - 5));
    at = next;
  }
  return found;
}

conf::ReportSettings some_report_settings(const std::string& file) {
  conf::ReportSettings settings{};
  settings.sends = true;
  settings.from = "dmarc@mx.test";
  settings.every = 24h;
  settings.file = file;
  settings.max_size = 100;
  settings.max_rows = 1000;
  settings.per_destination = 1000;
  settings.keep = 720h;
  settings.suppress = 720h;
  settings.failure.of = conf::FailureReports::asked;
  settings.failure.every = 15min;
  settings.failure.per_destination = 1000;
  settings.failure.per_domain = 1000;
  return settings;
}

ports::ReportEntry entry(const std::string& domain, int number, const std::string& rua) {
  reports::AggregateRow row;
  row.source_ip = "192.0.2." + std::to_string(number % 250);
  row.header_from = domain;
  row.envelope_from = "m" + std::to_string(number / 250) + "." + domain;
  const auto policy = reports::published_policy(domain, {}, conf::DmarcDiscovery::treewalk);
  return {WallTime{midnight + 9h},
          domain,
          to_text(policy),
          to_text(row),
          {rua.empty() ? "mailto:in@" + domain : rua}};
}

Post::Post() { clock.set_today(midnight + 24h + 2min); }

std::unique_ptr<backends::ReportFile> Post::open() const {
  auto file = backends::open_report_file(settings.file);
  if (!file) BOOST_FAIL(file.fault());
  return std::move(*file);
}

void Post::collect(const std::vector<ports::ReportEntry>& entries) const {
  const auto left_out = open()->add(entries, room());
  BOOST_REQUIRE(left_out);
  BOOST_TEST(left_out->entries + left_out->failures.size() == 0u);
}

backends::ReportFile::Room Post::room() const {
  using std::chrono::duration_cast;
  return {settings.max_size * 1'000'000, duration_cast<seconds>(settings.every),
          duration_cast<seconds>(settings.failure.every), settings.failure.per_domain};
}

chores::ReportKeeper::World Post::world(ports::ReportStore& store,
                                        ports::AtReportPoint at) {
  return {
      settings, conf::DmarcDiscovery::treewalk, 5s,           "mx.test", store, dns, server,
      clock,    [] { return false; },           std::move(at)};
}

chores::ReportKeeper::Tally Post::round(ports::ReportStore& store,
                                        ports::AtReportPoint at) {
  const auto tally = chores::ReportKeeper{}.round(world(store, std::move(at)));
  if (!tally) BOOST_FAIL(tally.fault());
  return *tally;
}

std::vector<ports::Delivery> Post::deliveries() const {
  return open()->deliveries(1000).value();
}

std::map<std::string, std::set<std::string>> by_report(
    const std::vector<std::string>& mails) {
  const std::string before = "Report-ID: <";
  std::map<std::string, std::set<std::string>> found;
  for (const auto& mail : mails) {
    const auto from = mail.find(before);
    BOOST_REQUIRE(from != std::string::npos);
    const auto id = from + before.size();
    found[mail.substr(id, mail.find('>', id) - id)].insert(mail);
  }
  return found;
}

std::map<std::string, std::uint64_t> messages_told(const std::vector<std::string>& mails) {
  std::map<std::string, std::uint64_t> told;
  for (const auto& [id, same] : by_report(mails)) {
    const auto parts = feedback::ingest_anything(*same.begin(), {}, WallTime{midnight * 2});
    for (const auto& part : parts) {
      BOOST_REQUIRE_MESSAGE(part.outcome, part.name);
      const auto& report = std::get<ports::AggregateReport>(*part.outcome);
      BOOST_TEST(report.head.report_id == id);
      told[report.domain] += report.messages();
    }
  }
  return told;
}

bool is_killed(const std::function<void()>& work) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

ports::AtReportPoint death_at(ports::ReportPoint point, int nth) {
  return [point, nth, times = 0](ports::ReportPoint reached) mutable {
    if (reached == point && ++times == nth) ::kill(::getpid(), SIGKILL);
  };
}

}  // namespace milterward::tests
