// SPDX-License-Identifier: Apache-2.0
// Which mail is kept for the reader of reports, and what he is told of it.
#include "policy/feedback_mail.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/configuration.h"
#include "tests/support/contains.h"
#include "tests/support/recorded_sink.h"

namespace milterward::tests {
namespace {

struct Inbox final : ports::FeedbackInbox {
  void take(std::unique_ptr<const ports::FeedbackMail> mail) noexcept override {
    taken.push_back(std::move(mail));
  }
  std::vector<std::unique_ptr<const ports::FeedbackMail>> taken;
};

struct Receiver {
  Receiver() {
    services.config = std::make_shared<const conf::Config>(
        configuration_from("[feedback]\naddresses = [\"dmarc@home.test\", "
                           "\"tls@home.test\"]\nmax_mail = 1\n"));
    services.feedback = inbox;
    facts.client = *IpAddress::parse("198.51.100.1");
    facts.author_domains = {"reports.test"};
    facts.dmarc = auth::DmarcResult::pass;
  }
  bool wants(const std::vector<std::string>& recipients) const {
    return FeedbackCollection::is_wanted(facts, recipients, services);
  }

  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  Services services;
  rules::MessageFacts facts;
};

BOOST_AUTO_TEST_SUITE(feedback_mail)

BOOST_AUTO_TEST_CASE(mail_of_strangers_to_one_of_the_addresses_is_wanted) {
  Receiver receiver;
  BOOST_TEST(receiver.wants({"dmarc@home.test"}));
  BOOST_TEST(receiver.wants({"joe@home.test", "TLS@Home.Test"}));
  BOOST_TEST(!receiver.wants({"joe@home.test"}));
  BOOST_TEST(!receiver.wants({"dmarc@home.test.test", "xdmarc@home.test"}));
  BOOST_TEST(!receiver.wants({}));
}

BOOST_AUTO_TEST_CASE(mail_of_our_users_and_mail_that_comes_back_is_not) {
  Receiver receiver;
  receiver.facts.login = "joe";
  BOOST_TEST(!receiver.wants({"dmarc@home.test"}));
  receiver.facts.login.clear();
  receiver.facts.client_is_trusted = true;
  BOOST_TEST(!receiver.wants({"dmarc@home.test"}));
  receiver.facts.client_is_trusted = false;
  receiver.facts.returned = rules::Returned::entered_inbound;
  BOOST_TEST(!receiver.wants({"dmarc@home.test"}));
  receiver.facts.returned = rules::Returned::no;
  receiver.services.feedback = nullptr;
  BOOST_TEST(!receiver.wants({"dmarc@home.test"}));
}

BOOST_AUTO_TEST_CASE(the_body_is_handed_over_with_what_says_what_it_is) {
  Receiver receiver;
  FeedbackCollection collection{receiver.services};
  collection.body("one ");
  collection.body("two");
  collection.hand_over(receiver.facts,
                       {{"Subject", " s"},
                        {"Content-Type", " text/xml"},
                        {"content-transfer-encoding", " base64"}},
                       "id-1");
  BOOST_REQUIRE_EQUAL(receiver.inbox->taken.size(), 1U);
  const auto& mail = *receiver.inbox->taken[0];
  BOOST_TEST(mail.id == "id-1");
  BOOST_TEST(mail.body == "one two");
  BOOST_TEST(mail.author == "reports.test");
  BOOST_TEST(mail.passed);
  BOOST_REQUIRE_EQUAL(mail.headers.size(), 2U);
  BOOST_TEST(mail.headers[0].value == " text/xml");
}

BOOST_AUTO_TEST_CASE(only_one_author_whose_mail_passed_has_passed) {
  const auto passed = [](const std::vector<std::string>& authors,
                         auth::DmarcResult result) {
    Receiver receiver;
    receiver.facts.author_domains = authors;
    receiver.facts.dmarc = result;
    FeedbackCollection{receiver.services}.hand_over(receiver.facts, {}, "id");
    return receiver.inbox->taken.at(0)->passed;
  };
  BOOST_TEST(passed({"reports.test"}, auth::DmarcResult::pass));
  BOOST_TEST(!passed({"reports.test"}, auth::DmarcResult::none));
  BOOST_TEST(!passed({"reports.test"}, auth::DmarcResult::fail));
  BOOST_TEST(!passed({"reports.test", "other.test"}, auth::DmarcResult::pass));
  BOOST_TEST(!passed({}, auth::DmarcResult::pass));
}

BOOST_AUTO_TEST_CASE(a_body_beyond_the_limit_is_let_go_and_told) {
  RecordedSink sink;
  Receiver receiver;
  FeedbackCollection fits{receiver.services};
  fits.body(std::string(1'000'000, 'x'));
  fits.hand_over(receiver.facts, {}, "id-1");
  BOOST_TEST(receiver.inbox->taken.size() == 1U);
  FeedbackCollection collection{receiver.services};
  collection.body(std::string(1'000'000, 'x'));
  collection.body("x");
  collection.body("y");
  collection.hand_over(receiver.facts, {}, "id-2");
  BOOST_TEST(receiver.inbox->taken.size() == 1U);
  BOOST_REQUIRE_EQUAL(sink.lines().size(), 1U);
  BOOST_TEST(contains(sink.lines()[0],
                      "feedback.refused id=id-2 author=reports.test part= "
                      "reason=the mail is larger than 1 MB"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
