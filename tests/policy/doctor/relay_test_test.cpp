// SPDX-License-Identifier: Apache-2.0
// The relay battery against servers that are closed, open, half open, and strange.
#include "policy/doctor/relay_test.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "policy/base/ascii.h"
#include "tests/support/fake_clock.h"
#include "tests/support/spoken_smtp.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using doctor::Outcome;
using ports::SmtpFault;
using ports::SmtpReply;
using ports::SmtpResult;

/// What a server says to a line; the connection ends behind a fault.
using Manner = std::function<SmtpResult(std::string_view line)>;

class FakeServer final : public ports::SmtpServer {
 public:
  explicit FakeServer(Manner manner) : manner_(std::move(manner)) {}

  Result<std::unique_ptr<ports::SmtpConnection>, SmtpFault> connect() override {
    ++connections;
    if (is_down) return Unexpected{SmtpFault::not_connected};
    return std::unique_ptr<ports::SmtpConnection>{std::make_unique<Connection>(*this)};
  }

  int connections = 0;
  bool is_down = false;
  std::vector<std::string> heard;

 private:
  class Connection final : public tests::SpokenSmtp {
   public:
    explicit Connection(FakeServer& server) : server_(server) {}
    const SmtpReply& greeting() const noexcept override { return greeting_; }

   private:
    SmtpResult reply_to(std::string_view line) override {
      server_.heard.emplace_back(line);
      if (is_closed_) return Unexpected{SmtpFault::closed};
      auto reply = server_.manner_(line);
      is_closed_ = !reply;
      return reply;
    }

    FakeServer& server_;
    const SmtpReply greeting_{220, "mx.home.test ESMTP"};
    bool is_closed_ = false;
  };

  Manner manner_;
};

bool is_rcpt(std::string_view line) { return line.starts_with("RCPT TO:"); }
bool holds(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

const SmtpReply yes{250, "2.1.5 Ok"};
const SmtpReply no{550, "5.7.1 Relay access denied"};

SmtpResult closed_server(std::string_view line) {
  if (is_rcpt(line)) return holds(line, "<postmaster@home.test>") ? yes : no;
  return yes;
}

doctor::RelayReport played(FakeServer& server) {
  const FakeClock clock;
  const doctor::RelayTest test{"client.test",
                               {"home.test", "", "[192.0.2.10]", "out.test"},
                               Deadline::after(clock, 1h)};
  return doctor::play(doctor::relay_battery(), test, server, clock);
}

std::set<std::string> names(const doctor::RelayReport& report, Outcome outcome) {
  std::set<std::string> found;
  for (const auto& attempted : report.attempts)
    if (attempted.outcome == outcome) found.insert(attempted.name);
  return found;
}

BOOST_AUTO_TEST_SUITE(relay_test)

BOOST_AUTO_TEST_CASE(the_battery_has_more_than_60_attempts_with_names_of_their_own) {
  std::set<std::string_view> seen;
  for (const auto& attempt : doctor::relay_battery()) {
    BOOST_TEST(seen.insert(attempt.name).second, std::string{attempt.name});
    BOOST_TEST(attempt.lines.back().starts_with("RCPT TO:"));
  }
  BOOST_TEST(seen.size() >= 60U);
}

BOOST_AUTO_TEST_CASE(placeholders_are_filled_in) {
  const doctor::Names given{"home.test", "mx.home.test", "[192.0.2.10]", "out.test"};
  BOOST_TEST(filled("<u%{foreign}@{literal}> {host} {ours} {FOREIGN} {odd}", given) ==
             "<u%out.test@[192.0.2.10]> mx.home.test home.test OUT.TEST {odd}");
}

BOOST_AUTO_TEST_CASE(nothing_but_envelopes_is_said) {
  FakeServer server{closed_server};
  played(server);
  for (const auto& line : server.heard) {
    BOOST_TEST(!equal_ignoring_case(line.substr(0, 4), "DATA"), line);
    BOOST_TEST(!equal_ignoring_case(line.substr(0, 4), "BDAT"), line);
    BOOST_TEST(line.find_first_of("\r\n") == std::string::npos, line);
    BOOST_TEST(line.find("{") == std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(a_closed_server_has_no_hole) {
  FakeServer server{closed_server};
  const auto report = played(server);
  BOOST_TEST(report.is_conclusive());
  BOOST_TEST(report.greeting == "220 mx.home.test ESMTP");
  BOOST_TEST(report.count(Outcome::refused) == doctor::relay_battery().size());
  BOOST_TEST(report.attempts[2].lines.front() == "MAIL FROM:<a@mx.home.test>");
}

BOOST_AUTO_TEST_CASE(an_open_server_relays_what_is_beyond_doubt) {
  FakeServer server{[](std::string_view) -> SmtpResult { return yes; }};
  const auto report = played(server);
  BOOST_TEST(report.count(Outcome::refused) == 0U);
  BOOST_TEST(report.count(Outcome::relays) > 20U);
  BOOST_TEST(report.count(Outcome::doubtful) > 20U);
}

BOOST_AUTO_TEST_CASE(a_hole_for_percent_signs_is_found_and_is_the_only_one) {
  FakeServer server{[](std::string_view line) -> SmtpResult {
    if (is_rcpt(line) && holds(line, "%out.test@home.test>")) return yes;
    return closed_server(line);
  }};
  const auto report = played(server);
  BOOST_TEST(names(report, Outcome::relays).empty());
  BOOST_TEST((names(report, Outcome::doubtful) ==
              std::set<std::string>{"percent at our domain", "null sender and percent"}));
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_refused_hides_no_hole) {
  FakeServer server{[](std::string_view line) -> SmtpResult {
    if (line == "MAIL FROM:<a@out.test>") return SmtpReply{550, "5.1.8 no such domain"};
    if (is_rcpt(line) && holds(line, "@[198.51.100.9]>")) return yes;
    return closed_server(line);
  }};
  const auto report = played(server);
  BOOST_TEST(names(report, Outcome::relays).contains("foreign address literal"));
}

BOOST_AUTO_TEST_CASE(a_claim_of_a_proxy_is_heard_on_a_connection_of_its_own) {
  bool is_loopback = false;
  FakeServer server{[&](std::string_view line) -> SmtpResult {
    if (line.starts_with("XCLIENT ")) is_loopback = true;
    if (is_rcpt(line) && is_loopback) {
      is_loopback = false;
      return yes;
    }
    return closed_server(line);
  }};
  BOOST_TEST((names(played(server), Outcome::relays) ==
              std::set<std::string>{"XCLIENT as loopback with a login"}));
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_its_own_mail_proves_nothing) {
  FakeServer server{[](std::string_view line) -> SmtpResult {
    return is_rcpt(line) ? SmtpReply{554, "5.7.1 go away"} : yes;
  }};
  BOOST_TEST(!played(server).is_conclusive());
}

BOOST_AUTO_TEST_CASE(a_server_that_only_defers_proves_nothing) {
  FakeServer server{[](std::string_view line) -> SmtpResult {
    if (is_rcpt(line) && holds(line, "out.test")) return SmtpReply{450, "4.2.0 greylisted"};
    return closed_server(line);
  }};
  const auto report = played(server);
  BOOST_TEST(!report.is_conclusive());
  BOOST_TEST(report.count(Outcome::deferred) > 50U);
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_up_after_a_while_is_called_again) {
  int said = 0;
  FakeServer server{[&](std::string_view line) -> SmtpResult {
    if (line.starts_with("EHLO ")) said = 0;
    if (++said > 7) return Unexpected{SmtpFault::closed};
    return closed_server(line);
  }};
  const auto report = played(server);
  BOOST_TEST(report.is_conclusive());
  BOOST_TEST(server.connections > 30);
}

BOOST_AUTO_TEST_CASE(nobody_there_is_noticed_soon) {
  FakeServer server{closed_server};
  server.is_down = true;
  const auto report = played(server);
  BOOST_TEST(report.count(Outcome::unanswered) == doctor::relay_battery().size());
  BOOST_TEST(server.connections == 3);
}

BOOST_AUTO_TEST_CASE(no_time_left_is_said) {
  FakeServer server{closed_server};
  const FakeClock clock;
  const doctor::RelayTest test{
      "client.test", {"home.test", "", "[192.0.2.10]", "out.test"}, Deadline{clock.now()}};
  const auto report = doctor::play(doctor::relay_battery(), test, server, clock);
  BOOST_TEST(report.attempts.front().reply == "no time was left");
  BOOST_TEST(!report.is_conclusive());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
