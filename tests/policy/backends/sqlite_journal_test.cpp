// SPDX-License-Identifier: Apache-2.0
// The journal on disk: what is found again, what is forgotten, and what a full disk or a
// broken file costs, which is never more than the journal.
#include "policy/backends/sqlite_journal.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::backends;
using namespace milterward::tests;
using namespace std::chrono_literals;
using ports::JournalEntry;
using ports::JournalQuery;

namespace {

const WallTime midday{std::chrono::seconds{1'790'000'000}};

/// Its hands are turned by the test, from another thread than the one that reads them.
class TurnedClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return SteadyTime{1h} + turned_.load(); }
  WallTime today() const noexcept override { return midday + turned_.load(); }
  void advance(std::chrono::seconds by) { turned_ = turned_.load() + by; }

 private:
  std::atomic<std::chrono::seconds> turned_{0s};
};

JournalEntry journaled(const std::string& id, const std::string& from = "ann@a.test",
                       const std::string& to = "user@local.test") {
  JournalEntry entry;
  entry.at = midday;
  entry.kind = "message";
  entry.id = id;
  entry.queue_id = "Q" + id;
  entry.message_id = "<" + id + "@mail.a.test>";
  entry.direction = "inbound";
  entry.reason = "direction.stranger";
  entry.client = "192.0.2.1";
  entry.mail_from = from;
  entry.domain = "a.test";
  entry.recipients = {to, "other@local.test"};
  entry.names = {from, to, "other@local.test"};
  entry.verdict = "reject";
  entry.rule = "dmarc.reject";
  entry.mode = "enforce";
  entry.reply = "550 5.7.1 no";
  entry.want = "reject dmarc.reject 550 5.7.1 no";
  entry.facts = "client=192.0.2.1 mail_from=" + from;
  entry.findings = {"dmarc.reject reject because spf", "spf.fail accept"};
  entry.because = "spf.fail";
  entry.dmarc = "reject";
  entry.latency = 1234us;
  return entry;
}

struct Draft final : ports::JournalDraft {
  explicit Draft(JournalEntry told) : entry(std::move(told)) {}
  JournalEntry write() const override { return entry; }
  JournalEntry entry;
};

/// Holds up the thread that writes until it is let go.
struct SlowDraft final : ports::JournalDraft {
  SlowDraft(std::promise<void>& reached, std::shared_future<void> may_go_on)
      : begun(reached), goes_on(std::move(may_go_on)) {}
  JournalEntry write() const override {
    begun.set_value();
    goes_on.wait();
    return journaled("slow");
  }
  std::promise<void>& begun;
  std::shared_future<void> goes_on;
};

/// Opened by whoever asks, as the tools do, while the daemon writes.
class Fixture {
 public:
  explicit Fixture(std::size_t max_size = 100, std::size_t room = 1000)
      : settings{directory.path("journal.db"), 168h, max_size, conf::LocalParts::kept},
        room_(room) {}

  void start() {
    journal = std::make_unique<SqliteJournal>(settings, clock, nullptr, room_);
  }
  void stop() { journal.reset(); }
  void note(JournalEntry told) {
    journal->note(std::make_unique<const Draft>(std::move(told)));
  }

  std::vector<JournalEntry> found(const JournalQuery& query = {}) {
    std::vector<JournalEntry> entries;
    const auto reader = open_journal_to_read(settings.file);
    if (!reader) return entries;
    const auto count =
        (*reader)->search(query, [&](const auto& one) { entries.push_back(one); });
    BOOST_TEST(count.has_value());
    return entries;
  }
  std::vector<std::string> ids(const JournalQuery& query = {}) {
    std::vector<std::string> names;
    for (const auto& one : found(query)) names.push_back(one.id);
    return names;
  }
  /// Waits until so many entries can be read.
  bool wait_for(std::size_t count) {
    for (int i = 0; i < 1000 && found().size() < count; ++i)
      std::this_thread::sleep_for(10ms);
    return found().size() >= count;
  }
  std::string wait_for_event(std::string_view beginning) {
    for (int i = 0; i < 1000; ++i) {
      for (const auto& text : events.texts())
        if (text.starts_with(beginning)) return text;
      std::this_thread::sleep_for(10ms);
    }
    BOOST_ERROR("no event " + std::string{beginning});
    return {};
  }

  RecordedEvents events;
  TemporaryDirectory directory;
  std::shared_ptr<TurnedClock> clock = std::make_shared<TurnedClock>();
  conf::JournalSettings settings;
  std::unique_ptr<SqliteJournal> journal;

 private:
  std::size_t room_;
};

using Names = std::vector<std::string>;

using milterward::tests::contains;

std::string octets_in(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_journal)

BOOST_AUTO_TEST_CASE(an_entry_is_read_as_it_was_noted_while_the_journal_is_open) {
  Fixture fixture;
  fixture.start();
  fixture.note(journaled("1"));
  BOOST_TEST(fixture.wait_for(1));
  BOOST_TEST((fixture.found().at(0) == journaled("1")));
}

BOOST_AUTO_TEST_CASE(a_journal_that_ends_writes_what_waits) {
  Fixture fixture;
  fixture.start();
  for (int i = 0; i < 700; ++i) fixture.note(journaled(std::to_string(i)));
  fixture.stop();
  BOOST_TEST(fixture.found().size() == 700);
  fixture.start();  // and goes on with the same file
  fixture.note(journaled("later"));
  fixture.stop();
  BOOST_TEST(fixture.found().size() == 701);
}

BOOST_AUTO_TEST_CASE(the_file_is_for_the_group_at_most) {
  Fixture fixture;
  fixture.start();
  fixture.stop();
  struct stat status {};
  BOOST_REQUIRE(::stat(fixture.settings.file.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U & ~0640U) == 0);
}

BOOST_AUTO_TEST_CASE(a_message_is_found_by_each_of_its_names_with_what_came_before_it) {
  Fixture fixture;
  fixture.start();
  auto recipient = journaled("1");
  recipient.kind = "recipient";
  recipient.queue_id = recipient.message_id = "";
  fixture.note(recipient);
  fixture.note(journaled("1"));
  fixture.note(journaled("2"));
  fixture.stop();
  const auto reader = open_journal_to_read(fixture.settings.file);
  BOOST_REQUIRE(reader.has_value());
  for (const auto* name : {"Q1", "1", "<1@mail.a.test>", "1@mail.a.test"}) {
    const auto entries = (*reader)->named(name);
    BOOST_REQUIRE(entries.has_value());
    BOOST_REQUIRE(entries->size() == 2);
    BOOST_TEST((*entries)[0].kind == "recipient");
    BOOST_TEST((*entries)[1].kind == "message");
  }
  BOOST_TEST((*reader)->named("Q3")->empty());
  BOOST_TEST((*reader)->named("")->empty());
}

BOOST_AUTO_TEST_CASE(entries_are_searched_for_by_sender_recipient_rule_domain_and_time) {
  Fixture fixture;
  fixture.start();
  fixture.note(journaled("1", "Ann@A.test", "bob@b.test"));
  auto other = journaled("2", "joann@a.test", "carl@c.test");
  other.rule = "dmarc.quarantine";
  other.verdict = "accept";
  other.at += 1h;
  other.domain = "d.test";
  fixture.note(other);
  fixture.stop();
  const auto ids = [&](const JournalQuery& query) { return fixture.ids(query); };
  BOOST_TEST(ids({}) == (Names{"1", "2"}));
  BOOST_TEST(ids({.mail_from = {"ann@a.test"}}) == Names{"1"});
  BOOST_TEST(ids({.mail_from = {"@a.test"}}) == (Names{"1", "2"}));
  BOOST_TEST(ids({.mail_from = {"@test"}}) == Names{});
  BOOST_TEST(ids({.recipient = {"~1@c.test", "carl@C.test"}}) == Names{"2"});
  BOOST_TEST(ids({.recipient = {"@b.test"}}) == Names{"1"});
  BOOST_TEST(ids({.rule = "dmarc"}) == (Names{"1", "2"}));
  BOOST_TEST(ids({.rule = "dmarc.reject"}) == Names{"1"});
  BOOST_TEST(ids({.rule = "dm"}) == Names{});
  BOOST_TEST(ids({.domain = "D.test"}) == Names{"2"});
  BOOST_TEST(ids({.domain = "b.test"}) == Names{"1"});
  BOOST_TEST(ids({.verdict = "accept"}) == Names{"2"});
  BOOST_TEST(ids({.since = midday + 1s}) == Names{"2"});
  BOOST_TEST(ids({.until = midday + 1h}) == Names{"1"});
  BOOST_TEST(ids({.most = 1}) == Names{"2"});
}

BOOST_AUTO_TEST_CASE(what_is_older_than_its_time_is_forgotten) {
  Fixture fixture;
  fixture.start();
  fixture.note(journaled("old"));
  BOOST_TEST(fixture.wait_for(1));
  fixture.clock->advance(168h + 1s);
  auto young = journaled("young");
  young.at = fixture.clock->today();
  fixture.note(young);
  fixture.stop();
  BOOST_TEST(fixture.ids() == Names{"young"});
}

BOOST_AUTO_TEST_CASE(the_oldest_go_before_the_file_becomes_too_large) {
  Fixture fixture{1};
  fixture.start();
  auto large = journaled("");
  large.facts.assign(2000, 'x');
  for (int i = 0; i < 3000; ++i) {
    large.id = std::to_string(i);
    fixture.note(large);
    if (i % 100 == 99) std::this_thread::sleep_for(50ms);  // no more at once than fits
  }
  fixture.wait_for_event("journal.trimmed");
  fixture.stop();
  BOOST_TEST(std::filesystem::file_size(fixture.settings.file) <= 1'100'000U);
  const auto ids = fixture.ids();
  BOOST_TEST(ids.size() > 100);
  BOOST_TEST(ids.back() == "2999");
}

BOOST_AUTO_TEST_CASE(a_person_is_erased_and_nothing_of_him_is_left_in_the_files) {
  Fixture fixture;
  fixture.start();
  fixture.note(journaled("1", "ann@secret.test"));
  fixture.note(journaled("2", "joann@secret.test"));
  fixture.note(journaled("3", "b@b.test", "ANN@secret.test"));
  BOOST_TEST(fixture.wait_for(3));
  {
    const auto eraser = open_journal_to_erase(fixture.settings.file);
    BOOST_REQUIRE(eraser.has_value());
    const auto gone = (*eraser)->erase({"Ann@secret.test"});
    BOOST_REQUIRE(gone.has_value());
    BOOST_TEST(*gone == 2);
  }
  BOOST_TEST(fixture.ids() == Names{"2"});
  fixture.note(journaled("4"));  // the daemon goes on
  fixture.stop();
  BOOST_TEST(fixture.ids() == (Names{"2", "4"}));
  const auto file = octets_in(fixture.settings.file);
  BOOST_TEST(contains(file, "joann@secret.test"));
  BOOST_TEST(!contains(file, "\nann@secret.test"));
  BOOST_TEST(!contains(file, "ANN@secret.test"));
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_and_counts) {
  Fixture fixture{100, 10};
  fixture.start();
  std::promise<void> begun;
  std::promise<void> goes_on;
  fixture.journal->note(
      std::make_unique<const SlowDraft>(begun, goes_on.get_future().share()));
  begun.get_future().wait();
  for (int i = 0; i < 25; ++i) fixture.note(journaled(std::to_string(i)));
  goes_on.set_value();
  fixture.stop();
  BOOST_TEST(fixture.found().size() == 11);
  BOOST_TEST(contains(fixture.wait_for_event("journal.dropped"), "count=15"));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_moved_aside_and_begun_anew) {
  Fixture fixture;
  std::ofstream{fixture.settings.file} << std::string(5000, 'x');
  fixture.start();
  fixture.note(journaled("1"));
  fixture.stop();
  BOOST_TEST(contains(fixture.wait_for_event("journal.damaged"), "journal.db.damaged"));
  BOOST_TEST(fixture.ids() == Names{"1"});
  BOOST_TEST(octets_in(fixture.settings.file + ".damaged") == std::string(5000, 'x'));
}

BOOST_AUTO_TEST_CASE(a_file_that_breaks_while_it_is_open_costs_only_what_stood_in_it) {
  Fixture fixture;
  fixture.start();
  for (int i = 0; i < 900; ++i) fixture.note(journaled(std::to_string(i)));
  fixture.stop();
  {
    std::fstream file{fixture.settings.file, std::ios::in | std::ios::out};
    file.seekp(4096);
    file << std::string(std::filesystem::file_size(fixture.settings.file) - 4096, 'x');
  }
  fixture.start();
  fixture.note(journaled("new"));
  fixture.stop();
  fixture.wait_for_event("journal.damaged");
  BOOST_TEST(fixture.ids() == Names{"new"});
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_missing_is_told_once_and_found_when_it_comes) {
  Fixture fixture;
  fixture.settings.file = fixture.directory.path("later/journal.db");
  fixture.start();
  BOOST_TEST(contains(fixture.wait_for_event("journal.failing"), "later/journal.db"));
  fixture.note(journaled("missed"));
  std::filesystem::create_directory(fixture.directory.path("later"));
  while (fixture.ids().empty()) {
    fixture.clock->advance(6s);
    fixture.note(journaled("seen"));
    std::this_thread::sleep_for(300ms);
  }
  fixture.stop();
  fixture.wait_for_event("journal.recovered");
  std::size_t failures = 0;
  for (const auto& text : fixture.events.texts())
    failures += text.starts_with("journal.failing");
  BOOST_TEST(failures == 1);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_the_journal_recovers) {
  Fixture fixture;
  fixture.start();
  fixture.note(journaled("before"));
  BOOST_TEST(fixture.wait_for(1));
  rlimit former{};
  ::getrlimit(RLIMIT_FSIZE, &former);
  auto* const former_action = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{100'000, former.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  auto large = journaled("large");
  large.facts.assign(200'000, 'x');
  fixture.note(large);
  const auto failing = fixture.wait_for_event("journal.failing");
  ::setrlimit(RLIMIT_FSIZE, &former);
  ::signal(SIGXFSZ, former_action);
  BOOST_TEST(!failing.empty());
  fixture.clock->advance(6s);
  fixture.note(journaled("after"));
  fixture.stop();
  BOOST_TEST(contains(fixture.wait_for_event("journal.recovered"), "missed=1"));
  BOOST_TEST(fixture.ids() == (Names{"before", "after"}));
}

BOOST_AUTO_TEST_CASE(a_file_of_a_later_version_is_left_alone) {
  Fixture fixture;
  {
    SqliteDatabase other{fixture.settings.file};
    other.run("PRAGMA user_version = 1000");
  }
  fixture.start();
  fixture.note(journaled("1"));
  fixture.stop();
  BOOST_TEST(contains(fixture.wait_for_event("journal.failing"), "later version"));
  const auto reader = open_journal_to_read(fixture.settings.file);
  BOOST_TEST(!reader.has_value());
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_not_there_is_not_made_by_its_reader) {
  const TemporaryDirectory directory;
  const auto reader = open_journal_to_read(directory.path("journal.db"));
  BOOST_REQUIRE(!reader.has_value());
  BOOST_TEST(contains(reader.fault(), "there is none yet"));
  BOOST_TEST(!open_journal_to_erase(directory.path("journal.db")).has_value());
  BOOST_TEST(!std::filesystem::exists(directory.path("journal.db")));
}

BOOST_AUTO_TEST_SUITE_END()
