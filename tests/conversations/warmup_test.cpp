// SPDX-License-Identifier: Apache-2.0
// New accounts day by day, by a clock that the test turns: whole connections, as in
// warmup.cases, too many to be written down.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/base/ascii.h"
#include "tests/conversations/talk.h"

namespace milterward::tests {
namespace {

class Story {
 public:
  explicit Story(const std::string& conf) : case_{"warmup_test.cpp", 0, {}} {
    say("conf", "[relay]\ndomains = [\"home.test\", \"old.test\"]\n" + conf);
  }

  void say(const std::string& key, const std::string& value) {
    case_.fields.emplace_back(key, value);
  }
  /// From now on the login speaks.
  void log_in(const std::string& login = "joe@home.test") {
    say("connect", "203.0.113.5");
    say("macro", "{auth_authen}=" + login);
  }
  /// So many messages, all of them accepted, each to somebody of his own.
  void send(std::size_t count, const std::string& domain = "home.test") {
    for (std::size_t i = 0; i < count; ++i) {
      ++number_;
      say("mail", "<joe@" + domain + ">");
      // A tenth of them to new ones, which the ladder allows.
      say("rcpt", fmt::format("<{}@out.test>", recipient_of(number_)));
      say("want", "accept relay.authenticated");
      say("message",
          fmt::format("From: joe@{0}\nMessage-ID: <{1}@{0}>\n.\nx", domain, number_));
      say("want", "accept sign.no_key");
    }
  }
  /// One message to several.
  void send_to_all(const std::string& names) {
    ++number_;
    say("mail", "<joe@home.test>");
    for (const auto name : split(names, ' '))
      say("rcpt", fmt::format("<{}@out.test>", name));
    say("message",
        fmt::format("From: joe@home.test\nMessage-ID: <{}@home.test>\n.\nx", number_));
    say("want", "accept sign.no_key");
  }
  void bounce_to(std::size_t number, const std::string& name) {
    bounce_of(fmt::format("<{}@home.test>", number), name, 1);
  }
  void is_full(const std::string& rule = "quota.account.messages_per_warmup_day",
               const std::string& domain = "home.test") {
    say("mail", "<joe@" + domain + ">");
    say("rcpt", "<0@out.test>");
    say("log", "rule=" + rule + " mode=enforce");
    say("abort", "");
  }
  /// A notice of failure about the message of that number.
  void bounce(std::size_t number, std::size_t times = 1) {
    bounce_of(fmt::format("<{}@home.test>", number), std::to_string(recipient_of(number)),
              times);
  }
  void bounce_of(const std::string& id, const std::string& recipient, std::size_t times,
                 const std::string& sender = "joe@home.test") {
    say("macro", "{auth_authen}=");
    say("connect", "198.51.100.9 mx.out.test");
    say("helo", "mx.out.test");
    for (std::size_t i = 0; i < times; ++i) {
      say("mail", "<>");
      say("rcpt", "<" + sender + ">");
      say("message",
          fmt::format("From: MAILER-DAEMON@out.test\n"
                      "Content-Type: multipart/report; boundary=b\n.\n"
                      "--b\nContent-Type: message/delivery-status\n"
                      "|\nFinal-Recipient: rfc822; {}@out.test\n"
                      "Action: failed\n|\n--b\n"
                      "Content-Type: text/rfc822-headers\n|\nMessage-ID: {}\n--b--",
                      recipient, id));
    }
    log_in(sender);
  }
  /// From a stranger, signed by that domain unless it is "".
  void complain(const std::string& author, const std::string& id,
                const std::string& signer = "") {
    say("macro", "{auth_authen}=");
    say("connect", "198.51.100.9 mx.out.test");
    say("helo", "mx.out.test");
    say("mail", "<feedback@" + author + ">");
    say("rcpt", "<abuse@home.test>");
    if (!signer.empty()) say("sign", signer + " s1");
    say("message",
        fmt::format(
            "From: feedback@{}\n"
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n"
            ".\n--b\nContent-Type: message/feedback-report\n|\nFeedback-Type: abuse\n"
            "|\n--b\nContent-Type: message/rfc822\n|\nMessage-ID: {}\n--b--",
            author, id));
  }
  void reload(const std::string& old, const std::string& now) {
    say("reload", old + " -> " + now);
    log_in();
  }
  void next_day(std::size_t days = 1) {
    for (std::size_t i = 0; i < days; ++i) say("wait", "86400");
  }
  void tell() const { play(conf::DkimEngine::native, case_); }
  std::size_t sent() const noexcept { return number_; }

 private:
  static std::size_t recipient_of(std::size_t number) { return number / 10; }

  Case case_;
  std::size_t number_ = 0;
};

constexpr auto with_ladder = R"([control]
socket = "/nowhere/control.sock"
[warmup]
store_days = 0
[quota]
mode = "enforce"
default_class = "free"
warn_at = 0
[[quota.class]]
name = "free"
limits = ["messages=500/day"]
warm_up = true
)";

BOOST_AUTO_TEST_CASE(forty_days_on_the_ladder) {
  Story story{with_ladder};
  story.log_in();
  for (const std::size_t step : {20, 20, 40}) {  // days 1 to 3
    story.send(step);
    story.is_full();
    story.next_day();
  }
  // Five of eighty came back, each told twice; two hundred more that never were change
  // nothing.
  for (std::size_t number = 1; number <= 5; ++number) story.bounce(number * 10, 2);
  story.bounce_of("<forged@home.test>", "1", 100);
  story.bounce_of("<10@home.test>", "7", 100);
  story.send(40);  // day 4: frozen
  story.is_full();
  story.next_day();
  for (const std::size_t step : {80, 150}) {  // days 5 and 6: less than a twentieth
    story.send(step);
    story.is_full();
    story.next_day();
  }
  story.say("lock", "joe@home.test");  // day 7
  story.is_full("account.locked");
  story.next_day();
  story.say("unlock", "joe@home.test");  // day 8
  story.send(300);
  story.is_full();
  story.next_day();
  story.send(500);  // day 9: the plan
  story.is_full("quota.account.messages_per_day");
  story.next_day(31);
  story.send(300);  // day 40: one step lower
  story.is_full();
  story.next_day();
  story.send(301);  // and back
  story.tell();
}

BOOST_AUTO_TEST_CASE(a_thousand_forged_complaints_change_nothing_and_a_true_one_does) {
  std::string conf = with_ladder;
  conf.replace(conf.find("store_days = 0"), 14,
               "store_days = 0\ncomplaint_loops = [\"loop.test\"]");
  Story story{conf};
  story.say("zone",
            "s1._domainkey.loop.test TXT v=DKIM1; k=rsa; p=$RSA\n"
            "s1._domainkey.liar.test TXT v=DKIM1; k=rsa; p=$RSA");
  story.log_in();
  story.send(20);
  story.next_day();
  for (int i = 0; i < 980; ++i) story.complain("loop.test", "<1@home.test>");
  for (int i = 0; i < 10; ++i) story.complain("liar.test", "<1@home.test>", "liar.test");
  for (int i = 0; i < 10; ++i) story.complain("loop.test", "<1@home.test>", "liar.test");
  for (int i = 0; i < 10; ++i) story.complain("loop.test", "<none@home.test>", "loop.test");
  story.log_in();
  story.send(20);
  story.is_full();
  story.next_day();
  for (int i = 0; i < 3; ++i) story.complain("loop.test", "<1@home.test>", "loop.test");
  story.complain("loop.test", "<2@home.test>", "loop.test");
  story.say("logged", "kind=complaint");
  story.log_in();
  story.send(20);  // frozen: two of forty are more than a thousandth
  story.is_full();
  story.tell();
}

BOOST_AUTO_TEST_CASE(one_recipient_cannot_freeze_an_account_with_one_message) {
  Story story{with_ladder};
  story.log_in();
  for (int day = 0; day < 2; ++day) {
    story.send_to_all("ann bob cat dan eve");
    for (const char* name : {"ann", "bob", "cat", "dan", "eve"})
      story.bounce_to(story.sent(), name);
    story.next_day();
    if (day == 0) {
      story.send(20);
      story.is_full();
      story.next_day();
    }
  }
  story.send(40);  // two messages came back: frozen on the third step
  story.is_full();
  story.tell();
}

BOOST_AUTO_TEST_CASE(while_a_shared_store_is_away_nobody_climbs_or_is_found_existing) {
  Story story{with_ladder};
  story.log_in();
  story.send(20);
  story.is_full();
  story.next_day();
  story.say("store", "share");
  story.send(30);  // its plan, in the share
  story.next_day();
  story.say("store", "up");
  story.send(20);  // the second step, and still on the ladder
  story.is_full();
  story.tell();
}

BOOST_AUTO_TEST_CASE(domains_that_sent_before_they_had_a_ladder_keep_their_plan) {
  std::string conf = with_ladder;
  conf.replace(conf.find("store_days = 0"), 14, "store_days = 30");
  conf +=
      "[[quota.domain]]\ndomains = [\"nobody.test\"]\nlimits = [\"messages=500/day\"]\n";
  Story story{conf};
  story.log_in();
  for (int day = 0; day < 40; ++day) {
    story.send(30);
    story.next_day();
  }
  story.reload("domains = [\"nobody.test\"]", "warm_up = true");
  story.send(100);
  story.next_day();
  story.send(100);
  story.tell();
}

BOOST_AUTO_TEST_CASE(thirty_days_without_mail_cost_nothing_yet) {
  Story story{with_ladder};
  story.log_in();
  story.send(1);
  story.next_day();
  story.send(1);
  story.next_day(30);
  story.send(40);
  story.is_full();
  story.tell();
}

BOOST_AUTO_TEST_CASE(while_the_store_is_young_nobody_is_new) {
  std::string conf = with_ladder;
  conf.replace(conf.find("store_days = 0"), 14, "store_days = 30");
  Story story{conf};
  story.log_in();
  story.send(100);
  story.say("logged", "days=30");
  story.next_day(40);  // silent for longer than a week: perhaps an old copy
  story.say("macro", "{auth_authen}=ann@home.test");
  story.send(100);
  story.tell();
}

BOOST_AUTO_TEST_CASE(an_account_that_the_directory_knows_is_no_new_one) {
  Story story{std::string{with_ladder} +
              "[[directory.account]]\nlogin = \"joe@home.test\"\nestablished = true\n"};
  story.log_in();
  story.send(100);
  story.tell();
}

BOOST_AUTO_TEST_CASE(who_sent_before_the_ladder_was_there_is_no_new_one) {
  std::string conf = with_ladder;
  conf.replace(conf.find("warm_up = true"), 14, "warm_up = false");
  Story story{conf};
  story.log_in();
  story.send(1);
  story.reload("warm_up = false", "warm_up = true");
  story.send(100);
  story.tell();
}

constexpr auto domain_and_address = R"([warmup]
store_days = 0
address_ladder = "40 60"
[quota]
mode = "enforce"
warn_at = 0
[[quota.domain]]
domains = ["old.test"]
limits = ["messages=500/day"]
[[quota.domain]]
limits = ["messages=500/day"]
warm_up = true
[[quota.egress]]
address = "192.0.2.25"
limits = ["messages=100/day"]
warm_up = true
)";

BOOST_AUTO_TEST_CASE(new_domains_and_addresses_of_ours_climb_too) {
  Story story{domain_and_address};
  story.log_in();
  story.send(20);
  story.is_full("quota.domain.messages_per_warmup_day");
  story.log_in("joe@old.test");
  story.send(20, "old.test");
  story.is_full("quota.egress.messages_per_warmup_day", "old.test");
  story.next_day();
  story.send(60, "old.test");
  story.is_full("quota.egress.messages_per_warmup_day", "old.test");
  for (std::size_t number = 41; number <= 47; ++number)
    story.bounce_of(fmt::format("<{}@old.test>", number), std::to_string(number / 10), 1,
                    "joe@old.test");
  story.next_day();
  story.send(60, "old.test");  // more than a twentieth of a hundred came back
  story.is_full("quota.egress.messages_per_warmup_day", "old.test");
  story.next_day();
  story.send(100, "old.test");  // seven of 160 are less
  story.is_full("quota.egress.messages_per_day", "old.test");
  story.tell();
}

BOOST_AUTO_TEST_CASE(a_promoted_account_has_its_plan) {
  Story story{with_ladder};
  story.log_in();
  story.send(20);
  story.is_full();
  story.say("promote", "joe@home.test");
  story.send(480);
  story.is_full("quota.account.messages_per_day");
  story.tell();
}

BOOST_AUTO_TEST_CASE(a_burst_far_above_the_habit_is_told_and_locks_on_request) {
  std::string conf = with_ladder;
  conf.replace(conf.find("warm_up = true"), 14, "warm_up = false");
  conf.replace(conf.find("store_days = 0"), 14, "on_burst = \"lock\"");
  Story story{conf};
  story.log_in();
  for (int day = 0; day < 5; ++day) {
    story.send(6);
    story.next_day();
  }
  story.send(61);  // ten times the habit, and one
  story.say("logged", "login=joe@home.test messages=61 expected=60 action=locked");
  story.is_full("account.locked");
  story.tell();
}

}  // namespace
}  // namespace milterward::tests
