// SPDX-License-Identifier: Apache-2.0
// Stories of messages: tests/cases/milter/stories.cases; and those that the commands tell
// of a daemon that runs.
#include "milter/status/story.h"

#include <fmt/format.h>
#include <signal.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/cases.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using namespace std::chrono_literals;

std::string told(const Case& c) {
  ports::JournalEntry entry;
  entry.kind = c["kind"];
  entry.direction = c.get("direction", "inbound");
  entry.reason = c["reason"];
  entry.facts = c["facts"];
  for (auto& letter : entry.facts)
    if (letter == '\n') letter = ' ';
  entry.verdict = c["verdict"];
  entry.would = c.get("would");
  entry.rule = c["rule"];
  entry.because = c.get("because");
  entry.reply = c.get("reply");
  entry.signed_with = c.get("signed");
  const auto story = status::story_of(entry);
  return fmt::format("{}\n{}", fmt::join(story.sentences, "\n"), story.end);
}

using milterward::tests::contains;

/// A daemon whose mail has a queue id, as Postfix gives it.
class Host {
 public:
  explicit Host(const std::string& further = "") : daemon(dns.port(), further) {
    daemon.start_and_wait();
  }

  /// A message from one who may relay, so that nothing waits for DNS.
  void send(const std::string& queue_id, const std::string& from, const std::string& to) {
    MilterClient mta{daemon.socket()};
    mta.begin("203.0.113.7");
    mta.mail(from);
    mta.macros('R', {{"i", queue_id}});
    mta.rcpt(to);
    mta.data();
    mta.header("From", " <" + from + ">");
    mta.header("Message-ID", " <" + queue_id + "@sender.test>");
    mta.header("Subject", " a secret subject");
    mta.end_of_headers();
    mta.end_of_message("a secret body\r\n");
  }

  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", daemon.config_file()});
    return run_binary(arguments);
  }
  /// Once what is looked for has been written.
  Finished run_until_it_says(const std::string& part,
                             const std::vector<std::string>& arguments) const {
    for (int i = 0; i < 400; ++i) {
      auto finished = run(arguments);
      if (contains(finished.output, part)) return finished;
      std::this_thread::sleep_for(25ms);
    }
    return run(arguments);
  }

  SlowDns dns;
  DaemonProcess daemon;
};

}  // namespace

BOOST_DATA_TEST_CASE(the_story_of, bdata::make(read_cases("milter/stories.cases")), c) {
  BOOST_TEST(told(c) == c["want"]);
}

BOOST_AUTO_TEST_SUITE(journal_of_a_running_daemon)

BOOST_AUTO_TEST_CASE(the_story_of_a_message_is_told_by_its_queue_id_and_message_id) {
  Host host;
  host.send("4bXYZ1", "ann@sender.test", "bob@elsewhere.test");
  for (const auto* name : {"4bXYZ1", "<4bXYZ1@sender.test>", "4bXYZ1@sender.test"}) {
    const auto story = host.run_until_it_says("So it was", {"explain", name});
    BOOST_TEST(story.code == 0);
    BOOST_TEST(contains(story.output, "message 4bXYZ1, "));
    BOOST_TEST(contains(story.output, "A client in a network we trust sent it"));
    BOOST_TEST(contains(story.output, "from ann@sender.test, to bob@elsewhere.test."));
    BOOST_TEST(contains(story.output, "So it was let through, by the rule "));
  }
  const auto json = host.run({"explain", "4bXYZ1", "--json"});
  BOOST_TEST(contains(json.output, "\"mail_from\": \"ann@sender.test\""));
  BOOST_TEST(contains(json.output, "\"story\": ["));
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_is_found_by_his_address) {
  Host host;
  MilterClient mta{host.daemon.socket()};
  mta.begin("198.51.100.1");
  mta.mail("a@sender.test");
  BOOST_TEST(mta.rcpt("x@elsewhere.test").data.substr(0, 3) == "550");
  const auto found =
      host.run_until_it_says("relay.denied", {"log", "--to", "X@elsewhere.test"});
  BOOST_TEST(contains(found.output,
                      "reject relay.denied <a@sender.test> <x@elsewhere.test> "
                      "from 198.51.100.1"));
  BOOST_TEST(host.run({"log", "--rule", "spf"}).output == "");
  const auto json = host.run({"log", "--rule", "relay", "--since", "1h", "--json"});
  BOOST_TEST(contains(json.output, "\"rule\":\"relay.denied\""));
  BOOST_TEST(contains(json.output, "\"kind\":\"recipient\""));
}

BOOST_AUTO_TEST_CASE(neither_subject_nor_body_is_kept) {
  Host host;
  host.send("4bXYZ1", "ann@sender.test", "bob@local.test");
  host.run_until_it_says("So it was", {"explain", "4bXYZ1"});
  host.daemon.signal(SIGTERM);
  BOOST_TEST(host.daemon.wait_end().value_or(-1) == 0);
  std::ifstream file{host.daemon.directory().path("journal.db"), std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  BOOST_TEST(contains(content, "bob@local.test"));
  BOOST_TEST(!contains(content, "secret"));
}

BOOST_AUTO_TEST_CASE(a_person_is_erased_while_the_daemon_runs) {
  Host host;
  host.send("4bXYZ1", "ann@sender.test", "bob@local.test");
  host.send("4bXYZ2", "ann@sender.test", "carl@local.test");
  host.run_until_it_says("carl@", {"log"});
  const auto erased = host.run({"journal", "erase", "Bob@local.test"});
  BOOST_TEST(erased.code == 0);
  BOOST_TEST(contains(erased.output, "1 decisions that named Bob@local.test are erased"));
  BOOST_TEST(host.run({"explain", "4bXYZ1"}).code == 1);
  BOOST_TEST(host.run({"explain", "4bXYZ2"}).code == 0);
  host.send("4bXYZ3", "ann@sender.test", "bob@local.test");
  BOOST_TEST(host.run_until_it_says("bob@", {"log"}).code == 0);
}

BOOST_AUTO_TEST_CASE(hashed_names_are_found_by_who_knows_them_and_read_by_nobody) {
  Host host;
  host.daemon.rewrite_config("/journal.db\"", "/journal.db\"\nlocal_parts = \"hashed\"");
  host.daemon.signal(SIGHUP);
  host.daemon.wait_event("config.reloaded");
  host.send("4bXYZ1", "ann@sender.test", "bob@local.test");
  const auto found =
      host.run_until_it_says("@local.test", {"log", "--to", "bob@local.test"});
  BOOST_TEST(contains(found.output, "@local.test>"));
  BOOST_TEST(!contains(found.output, "bob@"));
  const auto story = host.run({"explain", "4bXYZ1"});
  BOOST_TEST(contains(story.output, "@sender.test, to ~"));
  BOOST_TEST(!contains(story.output, "ann@"));
  const auto erased = host.run({"journal", "erase", "bob@local.test"});
  BOOST_TEST(contains(erased.output, "1 decisions"));
}

BOOST_AUTO_TEST_CASE(mail_goes_on_without_a_journal_that_cannot_be_written) {
  Host host{"[journal]\nfile = \"/proc/nowhere/journal.db\"\n"};
  host.daemon.wait_event("journal.failing");
  MilterClient mta{host.daemon.socket()};
  mta.begin("203.0.113.7");
  BOOST_TEST(mta.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(without_a_journal_the_tools_say_so) {
  const Host host{"[journal]\nfile = \"\"\n"};
  const auto told = host.run({"explain", "4bXYZ1"});
  BOOST_TEST(told.code == 1);
  BOOST_TEST(contains(told.output, "journal.file is empty"));
  BOOST_TEST(!std::filesystem::exists(host.daemon.directory().path("journal.db")));
}

BOOST_AUTO_TEST_CASE(a_time_that_is_none_is_wrong_usage) {
  const Host host;
  const auto told = host.run({"log", "--since", "yesterday"});
  BOOST_TEST(told.code == 64);
  BOOST_TEST(contains(told.output, "--since: yesterday is no time"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
