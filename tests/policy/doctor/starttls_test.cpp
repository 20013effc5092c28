// SPDX-License-Identifier: Apache-2.0
// STARTTLS of servers that offer it, that do not, and that only say so.
#include "policy/doctor/starttls.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>

#include "tests/support/spoken_smtp.h"

namespace milterward::doctor {
namespace {

using ports::SmtpFault;
using ports::SmtpReply;
using ports::SmtpResult;

/// Answers commands by their first word; hangs up at any other.
class ScriptedServer final : public ports::SmtpServer {
 public:
  explicit ScriptedServer(std::map<std::string, SmtpReply> replies)
      : replies_(std::move(replies)) {}

  Result<std::unique_ptr<ports::SmtpConnection>, SmtpFault> connect() override {
    if (replies_.empty()) return Unexpected{SmtpFault::not_connected};
    return std::unique_ptr<ports::SmtpConnection>{std::make_unique<Connection>(*this)};
  }

 private:
  class Connection final : public tests::SpokenSmtp {
   public:
    explicit Connection(const ScriptedServer& server) : server_(server) {}
    const SmtpReply& greeting() const noexcept override { return greeting_; }

   private:
    SmtpResult reply_to(std::string_view line) override {
      const auto reply = server_.replies_.find(std::string{line.substr(0, line.find(' '))});
      if (reply == server_.replies_.end()) return Unexpected{SmtpFault::closed};
      return reply->second;
    }

    const ScriptedServer& server_;
    const SmtpReply greeting_{220, "mx.home.test ESMTP"};
  };

  std::map<std::string, SmtpReply> replies_;
};

std::string found(std::map<std::string, SmtpReply> replies) {
  ScriptedServer server{std::move(replies)};
  const auto findings = examine_starttls(server, "mx.home.test", "us.test");
  BOOST_TEST(findings.size() <= 1U);
  if (findings.empty()) return "";
  BOOST_TEST(!findings.front().cure.empty());
  return std::string{findings.front().kind->name} + ": " + findings.front().what;
}

const SmtpReply ehlo{250, "mx.home.test PIPELINING STARTTLS 8BITMIME"};

BOOST_AUTO_TEST_SUITE(starttls)

BOOST_AUTO_TEST_CASE(a_server_that_offers_and_begins_tls_is_well) {
  BOOST_TEST(found({{"EHLO", ehlo}, {"STARTTLS", {220, "2.0.0 Ready"}}}) == "");
  BOOST_TEST(found({{"EHLO", {250, "mx starttls"}}, {"STARTTLS", {220, ""}}}) == "");
}

BOOST_AUTO_TEST_CASE(a_server_without_tls_is_at_fault) {
  BOOST_TEST(found({{"EHLO", {250, "mx.home.test XSTARTTLS"}}}) ==
             "tls.not_offered: mx.home.test does not offer STARTTLS");
  BOOST_TEST(found({{"EHLO", ehlo}, {"STARTTLS", {454, "4.7.0 TLS not available"}}}) ==
             "tls.refused: mx.home.test answers STARTTLS with 454 4.7.0 TLS not available");
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_is_not_called_wrong) {
  BOOST_TEST(found({}).starts_with("tls.unanswered: mx.home.test: "));
  BOOST_TEST(found({{"QUIT", {221, ""}}}).starts_with("tls.unanswered: "));
  BOOST_TEST(found({{"EHLO", {421, "busy"}}}) ==
             "tls.unanswered: mx.home.test: EHLO: 421 busy");
  BOOST_TEST(found({{"EHLO", ehlo}}).starts_with("tls.unanswered: "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::doctor
