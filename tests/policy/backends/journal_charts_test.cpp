// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/journal_charts_file.h"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/backends/journal_file.h"

using namespace milterward;
using namespace milterward::backends;
using namespace std::chrono_literals;
using ports::JournalColumn;
using ports::JournalOrder;

namespace {

constexpr WallTime charted_noon{1'790'000'000s};

struct Filled {
  Filled() {
    std::string name = "/tmp/milterward-charts-XXXXXX";
    directory = ::mkdtemp(name.data());
  }
  ~Filled() { std::filesystem::remove_all(directory); }
  std::string path() const { return directory + "/journal.db"; }

  void add(const std::string& kind, WallTime at, const std::string& domain,
           const std::string& client, const std::string& verdict) {
    ports::JournalEntry entry;
    entry.kind = kind;
    entry.id = "one";
    entry.message_id = "<same@a.test>";
    entry.at = at;
    entry.domain = domain;
    entry.client = client;
    entry.verdict = verdict;
    entry.rule = "dmarc." + verdict;
    JournalFile file{path(), JournalFile::Access::read_and_write};
    const std::vector entries{entry};
    BOOST_REQUIRE(file.add(entries).has_value());
  }
  std::unique_ptr<ports::JournalCharts> charts() const {
    auto opened = open_journal_charts(path());
    BOOST_REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  /// "a.test 3 1", one a line
  std::string ranks(JournalColumn column, JournalOrder order, std::size_t most = 10) const {
    std::string text;
    const auto ranks = charts()->ranks(column, order, charted_noon, most);
    BOOST_REQUIRE(ranks.has_value());
    for (const auto& rank : *ranks)
      text += rank.name + " " + std::to_string(rank.all) + " " +
              std::to_string(rank.refused) + "\n";
    return text;
  }
  std::string directory;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_charts)

BOOST_AUTO_TEST_CASE(slices_hold_the_messages_of_their_time) {
  Filled journal;
  journal.add("message", charted_noon - 1s, "a.test", "192.0.2.1", "accept");
  journal.add("message", charted_noon, "a.test", "192.0.2.1", "accept");
  journal.add("message", charted_noon + 3599s, "a.test", "192.0.2.1", "reject");
  journal.add("message", charted_noon + 3599s, "a.test", "192.0.2.1", "accept");
  journal.add("recipient", charted_noon + 1s, "a.test", "192.0.2.1", "reject");
  journal.add("message", charted_noon + 7200s, "a.test", "192.0.2.1", "accept");
  const auto slices = journal.charts()->slices(charted_noon, 3600s);
  BOOST_REQUIRE(slices.has_value());
  const std::vector<ports::JournalSlice> wanted{
      {0, "accept", 2}, {0, "reject", 1}, {2, "accept", 1}};
  BOOST_TEST((*slices == wanted));
}

BOOST_AUTO_TEST_CASE(ranks_count_all_and_what_was_refused) {
  Filled journal;
  for (int i = 0; i < 3; ++i)
    journal.add("message", charted_noon, "a.test", "192.0.2.1", "accept");
  journal.add("recipient", charted_noon, "b.test", "192.0.2.2", "reject");
  journal.add("message", charted_noon, "b.test", "192.0.2.1", "defer");
  journal.add("message", charted_noon, "", "unknown", "accept");
  journal.add("message", charted_noon - 1s, "old.test", "192.0.2.9", "reject");
  BOOST_TEST(journal.ranks(JournalColumn::domain, JournalOrder::most) ==
             "a.test 3 0\nb.test 2 2\n");
  BOOST_TEST(journal.ranks(JournalColumn::domain, JournalOrder::most_refused) ==
             "b.test 2 2\n");
  BOOST_TEST(journal.ranks(JournalColumn::client, JournalOrder::most_refused) ==
             "192.0.2.1 4 1\n192.0.2.2 1 1\n");
  BOOST_TEST(journal.ranks(JournalColumn::rule, JournalOrder::most, 1) ==
             "dmarc.accept 4 0\n");
}

/// Whoever sends thousands of messages with one Message-ID fills no memory.
BOOST_AUTO_TEST_CASE(of_one_message_no_more_is_told_than_is_asked_for) {
  Filled journal;
  for (int i = 0; i < 5; ++i)
    journal.add("message", charted_noon + std::chrono::seconds{i}, "a.test", "192.0.2.1",
                "accept");
  const auto found = journal.charts()->named("<same@a.test>", 3);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->size() == 3U);
  BOOST_TEST((found->front().at == charted_noon));
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_not_there_is_told_of) {
  const auto charts = open_journal_charts("/nonexistent/journal.db");
  BOOST_REQUIRE(!charts.has_value());
  BOOST_TEST(charts.fault().find("/nonexistent/journal.db") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
