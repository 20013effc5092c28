// SPDX-License-Identifier: Apache-2.0
// The directory in a database: real PostgreSQL and SQLite by the module that the daemon
// opens, and a scripted one for what no server does on demand.
#include "policy/backends/sql_directory.h"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "policy/backends/sql_module.h"
#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/dkim_workbench.h"
#include "tests/policy/backends/postgres_server.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/server_process.h"
#include "tests/support/configuration.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using backends::SqlAnswer;
using backends::SqlConnected;
using backends::SqlConnection;
using backends::SqlDirectory;
using backends::SqlFault;
using backends::SqlPool;
using backends::SqlQuestion;
using SteadyClock = std::chrono::steady_clock;

constexpr auto schema =
    "CREATE TABLE domains (name text, since int);\n"
    "INSERT INTO domains VALUES ('home.test', 1);\n"
    "CREATE TABLE owners (address text, login text);\n"
    "INSERT INTO owners VALUES ('joe@home.test', 'joe@home.test');\n"
    "INSERT INTO owners VALUES ('sales@home.test', 'ann, joe@home.test');\n"
    "INSERT INTO owners VALUES ('@lists.test', 'ann');\n"
    "INSERT INTO owners VALUES ('nobody@home.test', NULL);\n"
    "CREATE TABLE accounts (login text, class text);\n"
    "INSERT INTO accounts VALUES ('joe@home.test', 'bulk');\n";

conf::DirectorySettings settings(conf::SqlEngine engine, std::string connection) {
  auto directory = configuration_from("").directory;
  directory.realm = "home.test";
  directory.delimiters = "+";
  directory.sql.engine = engine;
  directory.sql.connection = std::move(connection);
  directory.sql.domain_query = "SELECT since FROM domains WHERE name = :domain";
  directory.sql.owner_query =
      "SELECT login FROM owners WHERE address IN (:address, '@' || :domain)";
  directory.sql.class_query = "SELECT class FROM accounts WHERE login = :login";
  directory.sql.established_query =
      "SELECT 1 FROM accounts WHERE login = :login AND class = 'bulk'";
  directory.sql.threads = 2;
  directory.sql.timeout = 10s;
  directory.sql.lifetime = 0ms;
  return directory;
}

std::unique_ptr<SqlDirectory> open(const conf::DirectorySettings& settings) {
  const auto module = backends::open_sql_module();
  BOOST_REQUIRE(module.has_value());
  return std::make_unique<SqlDirectory>(
      settings, [connect = (*module)->connect, sql = settings.sql] { return connect(sql); },
      std::make_shared<SystemClock>());
}

Deadline patient() { return Deadline{SteadyClock::now() + server_patience}; }

Domain domain_called(std::string_view name) { return Domain::parse(name).value(); }

std::string may_use(const SqlDirectory& directory, std::string_view login,
                    const std::string& local, std::string_view at) {
  const auto answer = directory.may_use(login, {local, domain_called(at)}, patient());
  return !answer ? "silent" : *answer ? "yes" : "no";
}

std::string is_ours(const SqlDirectory& directory, std::string_view name) {
  const auto answer = directory.is_ours(domain_called(name), patient());
  return !answer ? "silent" : *answer ? "yes" : "no";
}

std::string class_of(const SqlDirectory& directory, std::string_view login) {
  const auto answer = directory.class_of(login, patient());
  return answer ? *answer : "silent";
}

std::string is_established(const SqlDirectory& directory, std::string_view login) {
  const auto answer = directory.is_established(login, patient());
  return !answer ? "silent" : *answer ? "yes" : "no";
}

void check_answers(const SqlDirectory& directory) {
  BOOST_TEST(is_ours(directory, "home.test") == "yes");
  BOOST_TEST(is_ours(directory, "other.test") == "no");
  BOOST_TEST(may_use(directory, "Joe", "Joe", "home.test") == "yes");
  BOOST_TEST(may_use(directory, "joe@home.test", "joe+lists", "home.test") == "yes");
  BOOST_TEST(may_use(directory, "joe", "sales", "home.test") == "yes");
  BOOST_TEST(may_use(directory, "ann", "sales", "home.test") == "yes");
  BOOST_TEST(may_use(directory, "eve", "sales", "home.test") == "no");
  BOOST_TEST(may_use(directory, "ann", "anybody", "lists.test") == "yes");
  BOOST_TEST(may_use(directory, "", "joe", "home.test") == "no");
  BOOST_TEST(may_use(directory, "joe", "nobody", "home.test") == "no");
  BOOST_TEST(may_use(directory, "eve", "x' OR '1'='1", "home.test") == "no");
  BOOST_TEST(class_of(directory, "Joe") == "bulk");
  BOOST_TEST(class_of(directory, "ann") == "");
  BOOST_TEST(is_established(directory, "Joe") == "yes");
  BOOST_TEST(is_established(directory, "ann") == "no");
}

/// Asks until the answer is the wanted one: a server takes its time to come back.
template <class Ask>
bool becomes(const Ask& ask, const std::string& wanted) {
  for (const auto limit = SteadyClock::now() + server_patience; SteadyClock::now() < limit;
       std::this_thread::sleep_for(20ms))
    if (ask() == wanted) return true;
  return false;
}

std::vector<std::string> named(const RecordedEvents& events, std::string_view name) {
  auto texts = events.texts();
  std::erase_if(texts, [&](const std::string& text) {
    return text.substr(0, text.find(' ')) != name;
  });
  return texts;
}

std::size_t count(const RecordedEvents& events, std::string_view name) {
  return named(events, name).size();
}

std::string last(const RecordedEvents& events, std::string_view name) {
  const auto texts = named(events, name);
  return texts.empty() ? std::string{} : texts.back();
}

/// The schema and what else stands in it, a statement a line, in a SQLite database.
void fill_sqlite(const conf::DirectorySettings& made, std::string_view text) {
  auto writer = backends::open_sql_module().value()->connect(made.sql);
  BOOST_REQUIRE(writer.has_value());
  std::string statement;
  for (const char c : text) {
    if (c != '\n') {
      statement += c;
      continue;
    }
    BOOST_REQUIRE((*writer)->ask({statement, {}}).has_value());
    statement.clear();
  }
}

BOOST_AUTO_TEST_SUITE(sql_directory)

BOOST_AUTO_TEST_CASE(postgresql_answers) {
  const PostgresServer server{schema};
  const auto directory = open(settings(conf::SqlEngine::postgresql, server.connection()));
  check_answers(*directory);
}

BOOST_AUTO_TEST_CASE(sqlite_answers) {
  const TemporaryDirectory where;
  const auto made = settings(conf::SqlEngine::sqlite, "db=" + where.path("directory.db"));
  fill_sqlite(made, schema);
  const auto directory = open(made);
  check_answers(*directory);
}

BOOST_AUTO_TEST_CASE(a_query_error_is_silence_and_the_log_says_what_is_wrong) {
  RecordedEvents events;
  const PostgresServer server{schema};
  auto wrong = settings(conf::SqlEngine::postgresql, server.connection());
  wrong.sql.class_query = "SELECT klass FROM accounts WHERE login = :login";
  const auto directory = open(wrong);
  BOOST_TEST(class_of(*directory, "joe") == "silent");
  BOOST_TEST(last(events, "directory.sql_failing").find("klass") != std::string::npos);
  BOOST_TEST(is_ours(*directory, "home.test") == "yes");
  BOOST_TEST(count(events, "directory.sql_recovered") == 1U);
}

BOOST_AUTO_TEST_CASE(a_query_that_takes_too_long_is_ended_by_the_server) {
  const PostgresServer server{schema};
  auto slow = settings(conf::SqlEngine::postgresql, server.connection());
  slow.sql.class_query = "SELECT pg_sleep(600)::text || :login";
  slow.sql.timeout = 1s;
  slow.sql.threads = 1;
  const auto directory = open(slow);
  BOOST_TEST(class_of(*directory, "joe") == "silent");
  BOOST_TEST(becomes([&] { return is_ours(*directory, "home.test"); }, "yes"));
  BOOST_TEST(becomes([&] { return std::to_string(directory->hanging()); }, "0"));
}

BOOST_AUTO_TEST_CASE(an_outage_is_silence_until_the_server_is_back) {
  RecordedEvents events;
  PostgresServer server{schema};
  const auto directory = open(settings(conf::SqlEngine::postgresql, server.connection()));
  BOOST_TEST(is_ours(*directory, "home.test") == "yes");
  server.stop();
  BOOST_TEST(is_ours(*directory, "home.test") == "silent");
  BOOST_TEST(count(events, "directory.sql_failing") == 1U);
  server.start();
  BOOST_TEST(becomes([&] { return is_ours(*directory, "home.test"); }, "yes"));
  BOOST_TEST(count(events, "directory.sql_recovered") == 1U);
}

BOOST_AUTO_TEST_CASE(a_restart_between_two_questions_is_not_noticed) {
  PostgresServer server{schema};
  const auto directory = open(settings(conf::SqlEngine::postgresql, server.connection()));
  BOOST_TEST(is_ours(*directory, "home.test") == "yes");
  server.stop();
  server.start();
  BOOST_TEST(is_ours(*directory, "home.test") == "yes");
}

BOOST_AUTO_TEST_CASE(a_server_that_stands_still_costs_bounded_threads) {
  RecordedEvents events;
  PostgresServer server{schema};
  auto brief = settings(conf::SqlEngine::postgresql, server.connection());
  brief.sql.timeout = 1s;
  const auto directory = open(brief);
  BOOST_TEST(becomes([&] { return is_ours(*directory, "home.test"); }, "yes"));
  server.pause();
  // The connection that was asked stays away for good: no time limit of its client holds.
  for (int question = 0; question < 12; ++question)
    BOOST_TEST(is_ours(*directory, "home.test") == "silent");
  BOOST_TEST(directory->hanging() >= 1U);
  BOOST_TEST(directory->hanging() <= 2U);
  BOOST_TEST(count(events, "directory.sql_hanging") >= 1U);
  server.resume();
  BOOST_TEST(becomes([&] { return is_ours(*directory, "home.test"); }, "yes"));
  BOOST_TEST(becomes([&] { return std::to_string(directory->hanging()); }, "0"));
}

BOOST_AUTO_TEST_CASE(a_database_that_is_nowhere_is_silence) {
  const LoopbackPort closed;
  const auto directory =
      open(settings(conf::SqlEngine::postgresql, "host=127.0.0.1 user=x dbname=x port=" +
                                                     std::to_string(closed.number())));
  BOOST_TEST(is_ours(*directory, "home.test") == "silent");
  BOOST_TEST(may_use(*directory, "joe", "joe", "home.test") == "silent");
  BOOST_TEST(class_of(*directory, "joe") == "silent");
}

BOOST_AUTO_TEST_CASE(keys_come_with_their_selectors_and_a_broken_one_stops_no_other) {
  const TemporaryDirectory where;
  auto made = settings(conf::SqlEngine::sqlite, "db=" + where.path("directory.db"));
  made.sql.key_query = "SELECT selector, pem FROM keys WHERE domain = :domain";
  const auto insert = [](std::string_view selector, std::string pem) {
    for (auto at = pem.find('\n'); at != std::string::npos; at = pem.find('\n'))
      pem.replace(at, 1, "'||char(10)||'");
    return "INSERT INTO keys VALUES ('home.test', " + std::string{selector} + ", '" + pem +
           "');\n";
  };
  fill_sqlite(made, "CREATE TABLE keys (domain text, selector text, pem text);\n" +
                        insert("'s2'", pem_of(*ed25519_key())) +
                        insert("'s1'", pem_of(*rsa_key())) + insert("'s3'", "no key") +
                        insert("'../x'", pem_of(*rsa_key())) + insert("NULL", "not there"));
  const auto directory = open(made);
  const auto keys = directory->keys_of(domain_called("home.test"), {}, patient()).value();
  BOOST_REQUIRE(keys.size() == 5U);
  BOOST_TEST(keys[0].selector == "");
  BOOST_TEST(keys[0].key.fault().reason.find("is no selector") != std::string::npos);
  BOOST_TEST(keys[1].selector == "../x");
  BOOST_TEST(keys[1].key.fault().reason.find("is no selector") != std::string::npos);
  BOOST_TEST(keys[2].selector == "s1");
  BOOST_TEST(keys[2].key.value()->public_record() == rsa_key()->public_record());
  BOOST_TEST(keys[3].key.value()->public_record() == ed25519_key()->public_record());
  BOOST_TEST(keys[4].key.fault().reason.find("no private key in PEM") != std::string::npos);
  const auto again =
      directory->keys_of(domain_called("home.test"), keys, patient()).value();
  BOOST_TEST(again[2].key.value() == keys[2].key.value());
  BOOST_TEST(
      directory->keys_of(domain_called("other.test"), {}, patient()).value().empty());
}

BOOST_AUTO_TEST_CASE(a_key_query_of_one_column_is_a_fault_that_the_log_tells) {
  RecordedEvents events;
  const TemporaryDirectory where;
  auto made = settings(conf::SqlEngine::sqlite, "db=" + where.path("directory.db"));
  made.sql.key_query = "SELECT name FROM domains WHERE name = :domain";
  fill_sqlite(made, schema);
  const auto directory = open(made);
  const auto keys = directory->keys_of(domain_called("home.test"), {}, patient());
  BOOST_REQUIRE(!keys.has_value());
  BOOST_TEST(keys.fault().reason == "");
  BOOST_TEST(count(events, "directory.sql_failing") == 1U);
}

BOOST_AUTO_TEST_CASE(mysql_has_its_module_and_is_silent_where_no_server_is) {
  RecordedEvents events;
  const LoopbackPort closed;
  const auto directory =
      open(settings(conf::SqlEngine::mysql, "host=127.0.0.1 user=x dbname=x port=" +
                                                std::to_string(closed.number())));
  BOOST_TEST(is_ours(*directory, "home.test") == "silent");
  BOOST_TEST(last(events, "directory.sql_failing").find("connect to") != std::string::npos,
             last(events, "directory.sql_failing"));
}

/// Answers "1" to everything, and hangs while it is told to.
class Database {
 public:
  SqlConnected connect() { return std::make_unique<Link>(*this); }
  void hang() { set(true); }
  void go_on() { set(false); }
  int asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
  }

 private:
  class Link final : public SqlConnection {
   public:
    explicit Link(Database& database) : database_(database) {}
    Result<SqlAnswer, std::string> ask(const SqlQuestion&) override {
      std::unique_lock lock{database_.mutex_};
      ++database_.asked_;
      database_.goes_on_.wait(lock, [&] { return !database_.hangs_; });
      return SqlAnswer{"1"};
    }

   private:
    Database& database_;
  };
  void set(bool hangs) {
    const std::lock_guard lock{mutex_};
    hangs_ = hangs;
    goes_on_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable goes_on_;
  bool hangs_ = false;
  int asked_ = 0;
};

BOOST_AUTO_TEST_CASE(an_answer_is_remembered_for_its_lifetime) {
  Database database;
  auto made = settings(conf::SqlEngine::sqlite, "db=x");
  made.sql.lifetime = 60s;
  SqlDirectory directory{made, [&] { return database.connect(); },
                         std::make_shared<SystemClock>()};
  for (int times = 0; times < 3; ++times)
    BOOST_TEST(is_ours(directory, "home.test") == "yes");
  BOOST_TEST(database.asked() == 1);
  BOOST_TEST(is_ours(directory, "other.test") == "yes");
  BOOST_TEST(database.asked() == 2);
}

BOOST_AUTO_TEST_CASE(hanging_threads_are_replaced_and_then_no_more) {
  Database database;
  const SqlPool::Limits limits{2, 20ms};
  SqlPool pool{[&] { return database.connect(); }, limits, std::make_shared<SystemClock>()};
  const auto ask = [&] {
    return pool.ask({"SELECT 1", {}}, Deadline{SteadyClock::now() + 50ms});
  };
  BOOST_TEST(ask().has_value());
  database.hang();
  bool is_busy = false;
  for (int times = 0; times < 100 && !is_busy; ++times) {
    const auto answer = ask();
    BOOST_REQUIRE(!answer.has_value());
    is_busy = answer.fault() == SqlFault::busy;
  }
  BOOST_TEST(is_busy);
  BOOST_TEST(pool.hanging() == 2U);
  BOOST_TEST(database.asked() <= 5);  // the first, and four that hang
  database.go_on();
  BOOST_TEST(becomes([&] { return ask().has_value() ? "yes" : "no"; }, "yes"));
  BOOST_TEST(becomes([&] { return std::to_string(pool.hanging()); }, "0"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
