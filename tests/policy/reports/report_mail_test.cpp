// SPDX-License-Identifier: Apache-2.0
// The mail around a report, and how it is handed over.
#include "policy/reports/report_mail.h"

#include <zlib.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>

#include "policy/auth/dkim/base64.h"
#include "policy/base/ascii.h"
#include "policy/mail/message_text.h"
#include "policy/reports/gzip.h"
#include "policy/reports/hand_over.h"
#include "tests/support/spoken_smtp.h"

namespace milterward::reports {
namespace {

using namespace std::chrono_literals;
using Outcome = HandOver::Outcome;

ReportMail some_mail() {
  return {"dmarc@mx.test",       "mx.test",      {"in@taker.test"}, "home.test",
          "d41d8cn1p1",          "d41d8cn1p1.7", 1795737600s,       1795824000s,
          WallTime{1795824100s}, "<feedback/>\n"};
}

std::string inflated(const std::string& packed) {
  z_stream stream{};
  BOOST_REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string text(100'000, '\0');
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  BOOST_TEST(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

std::string field(const MessageText& message, std::string_view name) {
  for (const auto& header : message.headers)
    if (equal_ignoring_case(header.name, name)) return header.value;
  return "none";
}

/// Answers a line each; keeps what it was told.
class ScriptedServer final : public ports::SmtpServer {
 public:
  explicit ScriptedServer(std::deque<int> codes) : codes_(std::move(codes)) {}

  Result<std::unique_ptr<ports::SmtpConnection>, ports::SmtpFault> connect() override {
    if (codes_.empty()) return Unexpected{ports::SmtpFault::not_connected};
    return std::unique_ptr<ports::SmtpConnection>{std::make_unique<Connection>(*this)};
  }
  std::vector<std::string> heard;

 private:
  class Connection final : public tests::SpokenSmtp {
   public:
    explicit Connection(ScriptedServer& server)
        : server_(server), greeting_(*server.next()) {}
    const ports::SmtpReply& greeting() const noexcept override { return greeting_; }

   private:
    ports::SmtpResult reply_to(std::string_view line) override {
      server_.heard.emplace_back(line);
      return server_.next();
    }

    ScriptedServer& server_;
    const ports::SmtpReply greeting_;
  };
  ports::SmtpResult next() {
    if (codes_.empty()) return Unexpected{ports::SmtpFault::closed};
    const int code = codes_.front();
    codes_.pop_front();
    return ports::SmtpReply{code, "said"};
  }
  std::deque<int> codes_;
};

HandOver handed(ScriptedServer& server, std::vector<std::string> to = {"in@taker.test"}) {
  return hand_over(server, {"mx.test", "dmarc@mx.test", std::move(to)}, "a\r\n.b\r\n");
}

BOOST_AUTO_TEST_SUITE(report_mails)

BOOST_AUTO_TEST_CASE(gzip_says_the_same_twice_and_is_read_by_others) {
  const std::string text(50'000, 'x');
  const auto packed = gzip_of(text);
  BOOST_TEST(packed == gzip_of(text));
  BOOST_TEST(packed.size() < 1000u);
  BOOST_TEST(inflated(packed) == text);
}

BOOST_AUTO_TEST_CASE(names_are_those_of_the_standard) {
  BOOST_TEST(file_name(some_mail()) ==
             "mx.test!home.test!1795737600!1795823999!d41d8cn1p1.xml.gz");
}

BOOST_AUTO_TEST_CASE(the_mail_names_and_holds_its_report) {
  const auto text = mail_text(some_mail());
  BOOST_TEST(text == mail_text(some_mail()));
  const auto message = parse_message(text);
  BOOST_TEST(field(message, "Subject") ==
             " Report Domain: home.test\r\n Submitter: mx.test\r\n Report-ID: "
             "<d41d8cn1p1>");
  BOOST_TEST(field(message, "From") == " <dmarc@mx.test>");
  BOOST_TEST(field(message, "To") == " <in@taker.test>");
  BOOST_TEST(field(message, "Date") == " Sat, 28 Nov 2026 00:01:40 +0000");
  BOOST_TEST(field(message, "Auto-Submitted") == " auto-generated");
  const auto part = message.body.find("application/gzip");
  BOOST_REQUIRE(part != std::string::npos);
  const auto begin = message.body.find("\r\n\r\n", part) + 4;
  const auto packed = auth::decode_base64(
      std::string_view{message.body}.substr(begin, message.body.find("--", begin) - begin));
  BOOST_REQUIRE(packed.has_value());
  BOOST_TEST(inflated(*packed) == "<feedback/>\n");
}

BOOST_AUTO_TEST_CASE(lines_keep_to_the_limit_of_smtp) {
  auto mail = some_mail();
  mail.domain = std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                std::string(60, 'c') + "." + std::string(60, 'd');
  mail.receiver = mail.domain;
  mail.xml = std::string(5000, 'x') + std::to_string(1);
  const auto text = mail_text(mail);
  for (const auto line : split(text, '\n')) BOOST_TEST(line.size() < 998u);
}

BOOST_AUTO_TEST_CASE(a_mail_is_taken) {
  ScriptedServer server{{220, 250, 250, 250, 354, 250, 221}};
  BOOST_TEST((handed(server).outcome == Outcome::taken));
  const std::vector<std::string> want{"EHLO mx.test",
                                      "MAIL FROM:<dmarc@mx.test>",
                                      "RCPT TO:<in@taker.test>",
                                      "DATA",
                                      "a\r\n..b\r\n.",
                                      "QUIT"};
  BOOST_TEST(server.heard == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_answered_says_what_comes_next) {
  const auto outcome = [](std::deque<int> codes) {
    ScriptedServer server{std::move(codes)};
    return handed(server).outcome;
  };
  BOOST_TEST((outcome({}) == Outcome::not_now));
  BOOST_TEST((outcome({554}) == Outcome::not_now));
  BOOST_TEST((outcome({220, 250, 550}) == Outcome::not_now));
  BOOST_TEST((outcome({220, 250, 250, 450}) == Outcome::not_now));
  BOOST_TEST((outcome({220, 250, 250, 550}) == Outcome::unreachable));
  BOOST_TEST((outcome({220, 250, 250, 250, 354, 451}) == Outcome::not_now));
  BOOST_TEST((outcome({220, 250, 250, 250, 354, 554}) == Outcome::refused));
  BOOST_TEST((outcome({220, 250, 250, 250, 354}) == Outcome::not_now));
}

BOOST_AUTO_TEST_CASE(one_of_several_recipients_is_enough) {
  ScriptedServer server{{220, 250, 250, 550, 250, 354, 250}};
  BOOST_TEST((handed(server, {"a@taker.test", "b@taker.test"}).outcome == Outcome::taken));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
