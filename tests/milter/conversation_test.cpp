// SPDX-License-Identifier: Apache-2.0
// The real binary hears and answers the milter protocol as an MTA speaks it.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/contains.h"

using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

/// A daemon that is ready, and its DNS.
struct Running {
  explicit Running(const std::string& further = "") : daemon(resolver.port(), further) {
    daemon.start_and_wait();
  }
  SlowDns resolver;
  DaemonProcess daemon;
};

using milterward::tests::contains;

std::string words_of(const Packet& packet) {
  return std::string{packet.command} +
         packet.data.substr(0, packet.data.find_last_not_of('\0') + 1);
}

/// Above all fields: index 0.
bool inserts(const Ending& ending, const std::string& name) {
  for (const auto& edit : ending.edits) {
    if (edit.command == 'i' && edit.data.starts_with(std::string(4, '\0') + name))
      return true;
  }
  return false;
}

constexpr auto redirecting = R"([inbound]
mode = "enforce"
redirect_to = "q@local.test"
[dkim]
on_none = "redirect"
)";

const MacroList second_client{{"j", "mx.local.test"},
                              {"v", "Postfix 3.7.11"},
                              {"{client_addr}", "198.51.100.9"},
                              {"{client_port}", "4712"},
                              {"{client_name}", "stranger.test"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(conversations)

BOOST_AUTO_TEST_CASE(the_negotiation_names_actions_steps_and_macros) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  const auto answer = mta.negotiate();
  BOOST_REQUIRE(answer.command == 'O');
  BOOST_REQUIRE(answer.data.size() > 12U);
  BOOST_TEST(answer.data.substr(0, 12) ==
             std::string("\0\0\0\6\0\0\1\x3d\0\x1d\x39\x80", 12));
  BOOST_TEST(contains(answer.data, "{client_addr}"));
  BOOST_TEST(contains(answer.data, "{auth_authen}"));
  BOOST_TEST(contains(answer.data, "{rcpt_mailer}"));
}

BOOST_AUTO_TEST_CASE(several_messages_on_one_connection_are_each_answered) {
  Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  for (int i = 0; i < 3; ++i) {
    const auto ending = mta.message();
    BOOST_TEST(words_of(ending.answer) == "c");
    BOOST_TEST(inserts(ending, "Authentication-Results"));
    mta.abort();
  }
  mta.quit();
  BOOST_TEST(mta.is_closed());
  running.daemon.wait_event("message.decided", 3);
}

BOOST_AUTO_TEST_CASE(a_stranger_who_wants_to_relay_hears_why_not) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(words_of(mta.mail("a@sender.test")) == "c");
  const auto refusal = words_of(mta.rcpt("b@elsewhere.test"));
  BOOST_TEST(refusal.starts_with("y550 5.7.1 "));
  BOOST_TEST(words_of(mta.rcpt("user@local.test")) == "c");
}

BOOST_AUTO_TEST_CASE(another_client_on_the_same_connection_is_not_trusted_like_the_first) {
  // Postfix after XCLIENT: ABORT and CONNECT, without QUIT_NC; libmilter drops the CONNECT.
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("203.0.113.1");
  mta.mail("a@local.test");
  BOOST_TEST(words_of(mta.rcpt("b@elsewhere.test")) == "c");
  mta.abort();
  mta.macros('C', second_client);
  mta.connect("stranger.test", "198.51.100.9", 4712);
  mta.helo("stranger.test");
  BOOST_TEST(words_of(mta.mail("a@sender.test")) == "c");
  BOOST_TEST(words_of(mta.rcpt("b@elsewhere.test")).starts_with("y550 5.7.1 "));
}

BOOST_AUTO_TEST_CASE(a_connection_used_again_behind_quit_nc_begins_anew) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("203.0.113.1");
  BOOST_TEST(words_of(mta.message("a@local.test", "b@elsewhere.test").answer) == "c");
  mta.quit_for_new_connection();
  mta.macros('C', second_client);
  mta.connect("stranger.test", "198.51.100.9", 4712);
  mta.helo("stranger.test");
  BOOST_TEST(words_of(mta.mail("a@sender.test")) == "c");
  BOOST_TEST(words_of(mta.rcpt("b@elsewhere.test")).starts_with("y550 5.7.1 "));
  mta.abort();
  BOOST_TEST(words_of(mta.message().answer) == "c");
}

BOOST_AUTO_TEST_CASE(ipv6_clients_are_heard) {
  Running running;
  MilterClient mta{running.daemon.socket()};
  mta.negotiate();
  mta.connect("[IPv6:2001:db8::1]", "2001:db8::1", 25);
  mta.helo("v6.test");
  BOOST_TEST(words_of(mta.message().answer) == "c");
  BOOST_TEST(contains(running.daemon.wait_event("message.decided"), "2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(a_header_of_90_kb_does_not_end_the_connection) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  mta.mail("a@sender.test");
  mta.rcpt("user@local.test");
  mta.data();
  mta.header("From", " a@sender.test");
  mta.header("X-Large", " " + std::string(90'000, 'x'));
  mta.end_of_headers();
  BOOST_TEST(words_of(mta.end_of_message().answer) == "c");
}

BOOST_AUTO_TEST_CASE(a_last_chunk_that_comes_with_the_end_is_part_of_the_message) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  mta.mail("a@sender.test");
  mta.rcpt("user@local.test");
  mta.data();
  mta.header("From", " a@sender.test");
  mta.end_of_headers();
  BOOST_TEST(words_of(mta.end_of_message("Hello\r\n").answer) == "c");
}

BOOST_AUTO_TEST_CASE(an_mta_of_protocol_2_gets_a_reply_to_every_step) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  const auto answer = mta.negotiate(0x3f, 0x7f);
  BOOST_REQUIRE(answer.command == 'O');
  BOOST_TEST(answer.data.size() == 12U);  // no macro lists
  BOOST_TEST(words_of(mta.connect("[198.51.100.1]", "198.51.100.1", 25)) == "c");
  BOOST_TEST(words_of(mta.helo("sender.test")) == "c");
  BOOST_TEST(words_of(mta.mail("a@sender.test")) == "c");
  BOOST_TEST(words_of(mta.rcpt("user@local.test")) == "c");
  BOOST_TEST(words_of(mta.header("From", "a@sender.test")) == "c");
  BOOST_TEST(words_of(mta.end_of_headers()) == "c");
  BOOST_TEST(words_of(mta.body("Hello\r\n")) == "c");
  const auto ending = mta.end_of_message();
  BOOST_TEST(words_of(ending.answer) == "c");
  BOOST_REQUIRE(inserts(ending, "Authentication-Results"));
  // This MTA puts the blank behind the colon itself.
  for (const auto& edit : ending.edits) {
    const auto value = edit.data.substr(edit.data.find('\0', 4) + 1);
    BOOST_TEST(!value.starts_with(" "));
  }
}

BOOST_AUTO_TEST_CASE(an_mta_whose_headers_cannot_be_changed_is_refused_and_logged) {
  Running running;
  MilterClient mta{running.daemon.socket()};
  BOOST_CHECK_THROW(mta.negotiate(0x01), std::runtime_error);
  running.daemon.wait_event("connection.refused");
}

BOOST_AUTO_TEST_CASE(recipients_are_removed_before_their_mailbox_is_added) {
  const Running running{redirecting};
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  const auto ending = mta.message("a@sender.test", "User@local.test");
  BOOST_TEST(words_of(ending.answer) == "c");
  std::string told;
  for (const auto& edit : ending.edits)
    if (edit.command == '+' || edit.command == '-') told += words_of(edit) + " ";
  BOOST_TEST(told == "-<User@local.test> +<q@local.test> ");
}

BOOST_AUTO_TEST_CASE(
    an_mta_that_cannot_redirect_gets_the_mail_later_and_not_the_recipient) {
  Running running{redirecting};
  MilterClient mta{running.daemon.socket()};
  mta.negotiate(0x11);
  mta.connect("[198.51.100.1]", "198.51.100.1", 4711);
  mta.helo("mail.sender.test");
  const auto answer = mta.message().answer;  // libmilter leaves the text to the MTA
  BOOST_TEST((answer.command == 't' || answer.data.starts_with("451 ")));
  BOOST_TEST(contains(running.daemon.wait_event("callback.failed"), "redirect"));
}

BOOST_AUTO_TEST_CASE(nonsense_ends_its_own_connection_only) {
  const Running running;
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  {
    MilterClient noise{running.daemon.socket()};
    noise.send('?', std::string(1000, '\xff'));
    BOOST_TEST(noise.is_closed());
  }
  {
    MilterClient early{running.daemon.socket()};
    try {
      early.send('R', "<a@b>");
      early.send('E', "");
      early.send('Q', "");
    } catch (const std::runtime_error&) {  // closed at the first of them already
    }
    BOOST_TEST(early.is_closed());
  }
  BOOST_TEST(words_of(mta.message().answer) == "c");
}

BOOST_AUTO_TEST_CASE(the_pool_serves_too) {
  Running running;
  running.daemon.signal(SIGKILL);
  BOOST_REQUIRE(running.daemon.wait_end().has_value());
  running.daemon.rewrite_config("[milter]", "[milter]\nthreads = \"pool\"");
  running.daemon.start();
  running.daemon.wait_event("daemon.ready", 2);  // over the socket that was left behind
  MilterClient mta{running.daemon.socket()};
  mta.begin("198.51.100.1");
  for (int i = 0; i < 3; ++i) BOOST_TEST(words_of(mta.message().answer) == "c");
}

BOOST_AUTO_TEST_CASE(a_hundred_connections_wait_for_a_slow_dns_at_the_same_time) {
  // None of them is answered before all have asked.
  SlowDns resolver{{100, "sender"}};
  DaemonProcess daemon{resolver.port()};
  daemon.rewrite_config("[dns]", "[dns]\ntimeout = \"50s\"\nmessage_deadline = \"60s\"");
  daemon.start_and_wait();
  std::vector<std::thread> mtas;
  std::atomic<int> answered{0};
  for (int i = 0; i < 100; ++i) {
    mtas.emplace_back([&, i] {
      try {
        MilterClient mta{daemon.socket()};
        mta.begin(fmt::format("198.51.100.{}", i + 1));
        const auto ending = mta.message(fmt::format("a@sender{}.test", i));
        answered += ending.answer.command == 'c' ? 1 : 0;
      } catch (const std::exception&) {  // counted as not answered
      }
    });
  }
  for (auto& mta : mtas) mta.join();
  BOOST_TEST(resolver.has_gathered());
  BOOST_TEST(answered == 100);
  BOOST_TEST(daemon.events("milter.thread_fallback").empty());
}

BOOST_AUTO_TEST_SUITE_END()
