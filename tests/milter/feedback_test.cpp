// SPDX-License-Identifier: Apache-2.0
// Reports that come by mail, and by hand: the thread that reads them, the real daemon, and
// the commands.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "milter/feedback_receiver.h"
#include "policy/mail/message_text.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/configuration.h"
#include "tests/support/contains.h"
#include "tests/support/recorded_sink.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;

std::string feedback_sample(const std::string& name) {
  std::ifstream file{MILTERWARD_TEST_CASES "/feedback/samples/" + name, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(file, "no sample " + name);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string path_of(const std::string& name) {
  return MILTERWARD_TEST_CASES "/feedback/samples/" + name;
}

/// What was added, for a test to look at once the thread is gone.
struct Added {
  std::vector<ports::FeedbackReport> reports;
  std::vector<ports::FeedbackOrigin> origins;
  std::size_t tidied = 0;
  std::string fault;
  std::mutex gate;  // held by a test, it keeps the thread in `add`
};

class RecordedStore final : public ports::FeedbackStore {
 public:
  explicit RecordedStore(Added& added) : added_(added) {}
  Result<ports::Kept, std::string> add(const ports::FeedbackReport& report,
                                       const ports::FeedbackOrigin& origin) override {
    const std::lock_guard lock{added_.gate};
    if (!added_.fault.empty()) return Unexpected{added_.fault};
    added_.reports.push_back(report);
    added_.origins.push_back(origin);
    return ports::Kept::anew;
  }
  Result<std::size_t, std::string> tidy(WallTime, std::size_t) override {
    ++added_.tidied;
    return std::size_t{0};
  }

 private:
  Added& added_;
};

std::unique_ptr<const ports::FeedbackMail> mail_of(const std::string& name, bool passed) {
  auto text = parse_message(feedback_sample(name));
  return std::make_unique<const ports::FeedbackMail>(ports::FeedbackMail{
      "id-1", "sender.test", passed, std::move(text.headers), std::move(text.body)});
}

struct Receiving {
  explicit Receiving(const std::string& keys = "")
      : settings(configuration_from("[feedback]\n" + keys).feedback) {
    receiver = std::make_unique<FeedbackReceiver>(
        settings, std::make_unique<RecordedStore>(added), std::make_shared<SystemClock>());
  }
  /// All that waits is read.
  void end() { receiver.reset(); }
  void wait_for(const std::string& beginning) const {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (lines(beginning) == 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    BOOST_REQUIRE(lines(beginning) > 0U);
  }
  std::size_t lines(const std::string& beginning) const {
    std::size_t count = 0;
    for (const auto& line : sink.lines()) count += line.starts_with(beginning);
    return count;
  }

  RecordedSink sink;
  Added added;
  conf::FeedbackSettings settings;
  std::unique_ptr<FeedbackReceiver> receiver;
};

/// A daemon that reads reports, and what it is told of them.
struct Reported {
  explicit Reported(const std::string& settings = "")
      : daemon(dns.port(),
               "[feedback]\naddresses = [\"dmarc@local.test\"]\nfile = "
               "\"FILE\"\n" +
                   settings) {
    daemon.rewrite_config("FILE", daemon.directory().path("feedback.db"));
  }
  void send(const std::string& name, const std::string& recipient) const {
    const auto mail = parse_message(feedback_sample(name));
    MilterClient mta{daemon.socket()};
    mta.begin("198.51.100.1");
    mta.mail("noreply@reports.example");
    mta.rcpt(recipient);
    mta.data();
    for (const auto& field : mail.headers) mta.header(field.name, field.value);
    mta.end_of_headers();
    mta.body(mail.body);
    BOOST_TEST(mta.end_of_message().answer.command == 'c');
  }
  nlohmann::json received() const {
    const auto told = run_binary(
        {"report", "received", "--days=4000", "--json", "-c", daemon.config_file()});
    BOOST_TEST(told.code == 0, told.output);
    return nlohmann::json::parse(told.output);
  }

  SlowDns dns;
  DaemonProcess daemon;
};

BOOST_AUTO_TEST_SUITE(feedback)

BOOST_AUTO_TEST_CASE(reports_of_mail_that_passed_count) {
  Receiving receiving;
  receiving.receiver->take(mail_of("mail-two-reports.eml", true));
  receiving.receiver->take(mail_of("mail-tls.eml", false));
  receiving.end();
  BOOST_REQUIRE_EQUAL(receiving.added.reports.size(), 3U);
  BOOST_TEST(receiving.added.origins[0].counts);
  BOOST_TEST(receiving.added.origins[0].author == "sender.test");
  BOOST_TEST(receiving.added.origins[1].counts);
  BOOST_TEST(!receiving.added.origins[2].counts);
  BOOST_TEST(receiving.added.tidied == 3U);  // what one makes too much goes at once
  BOOST_TEST(receiving.lines("feedback.received id=id-1 kind=dmarc organisation=Packed "
                             "Mail report_id=packed-1 domain=example.org begin=1795132800 "
                             "end=1795219199 messages=10 author=sender.test counted=yes "
                             "known=no") == 1U);
  BOOST_TEST(receiving.lines("feedback.received id=id-1 kind=tls") == 1U);
}

BOOST_AUTO_TEST_CASE(all_of_them_count_where_all_are_believed) {
  Receiving receiving{"believe = \"all\"\n"};
  receiving.receiver->take(mail_of("mail-tls.eml", false));
  receiving.end();
  BOOST_REQUIRE_EQUAL(receiving.added.origins.size(), 1U);
  BOOST_TEST(receiving.added.origins[0].counts);
}

BOOST_AUTO_TEST_CASE(what_is_no_report_is_refused_with_its_reason) {
  Receiving receiving;
  receiving.receiver->take(mail_of("mail-without-report.eml", true));
  receiving.receiver->take(mail_of("mail-of-a-contract.eml", true));
  receiving.end();
  BOOST_TEST(receiving.added.reports.empty());
  BOOST_TEST(receiving.lines("feedback.refused id=id-1 author=sender.test part= "
                             "reason=the mail has no part that may be a report") == 1U);
  BOOST_TEST(receiving.lines("feedback.refused id=id-1 author=sender.test "
                             "part=contract.pdf reason=it is neither XML") == 1U);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_is_told_once_and_when_it_is_back) {
  Receiving receiving;
  {
    const std::lock_guard lock{receiving.added.gate};
    receiving.added.fault = "the disk is full";
  }
  receiving.receiver->take(mail_of("mail-mixed.eml", true));
  receiving.receiver->take(mail_of("mail-mixed.eml", true));
  receiving.wait_for("feedback.failing");
  receiving.receiver->take(mail_of("mail-without-report.eml", true));
  receiving.wait_for("feedback.refused");
  {
    const std::lock_guard lock{receiving.added.gate};
    receiving.added.fault.clear();
  }
  receiving.receiver->take(mail_of("mail-mixed.eml", true));
  receiving.end();
  BOOST_TEST(receiving.lines("feedback.failing") == 1U);
  BOOST_TEST(receiving.lines("feedback.recovered") == 1U);
  BOOST_TEST(contains(receiving.sink.lines().back(), "feedback.received"));
}

BOOST_AUTO_TEST_CASE(a_flood_is_dropped_and_told) {
  Receiving receiving;
  {
    const std::lock_guard lock{receiving.added.gate};
    for (std::size_t i = 0; i < FeedbackReceiver::room + 100; ++i)
      receiving.receiver->take(mail_of("mail-mixed.eml", true));
  }
  receiving.end();
  // One may have been under way while the others waited.
  BOOST_TEST(receiving.added.reports.size() >= FeedbackReceiver::room);
  BOOST_TEST(receiving.added.reports.size() <= FeedbackReceiver::room + 1);
  BOOST_TEST(receiving.lines("feedback.dropped count=") == 1U);
}

BOOST_AUTO_TEST_CASE(octets_that_wait_are_bounded) {
  Receiving receiving{"max_mail = 1\n"};
  const std::size_t large = 900'000;
  {
    const std::lock_guard lock{receiving.added.gate};
    for (int i = 0; i < 20; ++i) {
      auto mail = std::make_unique<ports::FeedbackMail>(*mail_of("mail-mixed.eml", true));
      mail->body.append(large, '\n');
      receiving.receiver->take(std::move(mail));
    }
  }
  receiving.end();
  BOOST_TEST(receiving.added.reports.size() >= 4U);
  BOOST_TEST(receiving.added.reports.size() <= 5U);
}

BOOST_AUTO_TEST_CASE(the_daemon_reads_what_comes_to_the_address_and_delivers_it) {
  Reported reported;
  reported.daemon.start_and_wait();
  reported.send("mail-mixed.eml", "user@local.test");
  reported.send("mail-mixed.eml", "DMARC@local.test");
  const auto line = reported.daemon.wait_event("feedback.received");
  BOOST_TEST(contains(line, "domain=example.org"), line);
  BOOST_TEST(contains(line, "author=reports.example counted=no known=no"), line);
  reported.send("mail-mixed.eml", "dmarc@local.test");
  BOOST_TEST(contains(reported.daemon.wait_event("feedback.received", 2), "known=yes"));
  BOOST_TEST(reported.daemon.events("feedback.received").size() == 2U);
  BOOST_TEST(reported.received()["dmarc"][0]["uncounted"] == 1);
}

BOOST_AUTO_TEST_CASE(the_daemon_goes_on_after_what_is_broken_or_too_large) {
  Reported reported{"max_mail = 1\nbelieve = \"all\"\n"};
  reported.daemon.start_and_wait();
  reported.send("mail-base64-damaged.eml", "dmarc@local.test");
  BOOST_TEST(contains(reported.daemon.wait_event("feedback.refused"), "ends too early"));
  MilterClient mta{reported.daemon.socket()};
  mta.begin("198.51.100.1");
  mta.mail("noreply@reports.example");
  mta.rcpt("dmarc@local.test");
  mta.data();
  mta.header("From", " a@reports.example");
  mta.end_of_headers();
  for (int i = 0; i < 20; ++i) mta.body(std::string(60'000, 'x'));
  BOOST_TEST(mta.end_of_message().answer.command == 'c');
  BOOST_TEST(contains(reported.daemon.wait_event("feedback.refused", 2),
                      "larger than 1 MB (feedback.max_mail)"));
  reported.send("mail-tls.eml", "dmarc@local.test");
  reported.daemon.wait_event("feedback.received");
  BOOST_TEST(reported.received()["tls"][0]["failed"] == 4);
}

BOOST_AUTO_TEST_CASE(reports_are_read_by_hand_and_shown) {
  Reported reported;
  const auto config = reported.daemon.config_file();
  const auto first =
      run_binary({"report", "ingest", "-c", config, path_of("forwarded-mail.xml"),
                  path_of("zip.zip"), path_of("tls.json.gz")});
  BOOST_TEST(first.code == 0, first.output);
  BOOST_TEST(contains(first.output,
                      "kept: DMARC report fwd-1 of Mailbox Two about "
                      "example.org, 2026-11-20T00:00:00"),
             first.output);
  BOOST_TEST(contains(first.output, "kept: TLS report"), first.output);
  const auto again = run_binary({"report", "ingest", "--json", "-c", config,
                                 path_of("zip.zip"), path_of("cut-off.xml")});
  BOOST_TEST(again.code == 1, again.output);
  BOOST_TEST(contains(again.output, "\"outcome\":\"known\""), again.output);
  BOOST_TEST(contains(again.output,
                      "\"outcome\":\"refused\",\"reason\":\"it is no "
                      "well-formed XML"),
             again.output);
  const auto json = reported.received();
  BOOST_TEST(json["dmarc"][0]["messages"] == 24);
  BOOST_TEST(json["dmarc"][0]["passed"] == 19);
  BOOST_TEST(json["dmarc"][0]["receivers"] == 2);
  BOOST_TEST(json["dmarc"][0]["next"] == "wait");
  BOOST_TEST(json["tls"][0]["failures"][0]["kind"] == "certificate-expired");
  const auto told = run_binary({"report", "received", "--days=4000", "-c", config});
  BOOST_TEST(told.code == 0);
  for (const auto* part :
       {"example.org: 2 DMARC reports of 2 receivers, 2026-11-20 to 2026-11-20",
        "24 messages, 79.1% pass (DKIM 79.1%, SPF 29.1%); 3 quarantined, 0 rejected",
        "Next: wait for more reports", "198.51.100.7",
        "signature fails: s1 (fail); SPF: fail",
        "527 sessions, 99.2% with the TLS that was asked for",
        "3 certificate-expired at mx1.example.org"})
    BOOST_TEST(contains(told.output, part), part << " is not in\n" << told.output);
  const auto none =
      run_binary({"report", "received", "--domain", "nobody.test", "-c", config});
  BOOST_TEST(none.code == 1);
  BOOST_TEST(contains(none.output, "no report of the last 30 days is about nobody.test"),
             none.output);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
