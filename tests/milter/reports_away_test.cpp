// SPDX-License-Identifier: Apache-2.0
// What the tools tell of reports while the Redis that hosts share is away.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/backends/sqlite_report_rows.h"
#include "policy/reports/aggregate_rows.h"
#include "tests/milter/daemon_process.h"
#include "tests/support/contains.h"
#include "tests/support/loopback_port.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

/// A host that shares with a server where nobody listens.
struct LonelyHost {
  const LoopbackPort port;
  DaemonProcess daemon{53, fmt::format(R"([store]
url = "redis://127.0.0.1:{}"
[report]
send = true
from = "dmarc@local.test"
file = "REPORTS"
)",
                                       port.number())};

  LonelyHost() {
    const auto path = daemon.directory().path("reports.db");
    daemon.rewrite_config("REPORTS", path);
    reports::AggregateRow row;
    row.source_ip = "192.0.2.1";
    row.header_from = "a.test";
    const auto policy =
        reports::published_policy("a.test", {}, conf::DmarcDiscovery::treewalk);
    const std::vector<ports::ReportEntry> entries{{SystemClock{}.today(),
                                                   "a.test",
                                                   to_text(policy),
                                                   to_text(row),
                                                   {"mailto:in@a.test"}}};
    const auto file = backends::open_report_file(path);
    BOOST_REQUIRE(file);
    BOOST_REQUIRE((*file)->add(entries, {100'000'000, 24h, 15min, 10}));
  }

  Finished report(std::vector<std::string> words) const {
    words.insert(words.begin(), "report");
    words.insert(words.end(), {"--config", daemon.config_file()});
    return run_binary(words);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reports_while_redis_is_away)

BOOST_AUTO_TEST_CASE(preview_and_status_tell_of_this_host_and_that_it_is_not_all) {
  const LonelyHost host;
  const auto preview = host.report({"preview"});
  BOOST_TEST(preview.code == 69);
  BOOST_TEST(contains(preview.output, "a.test: 1 messages in 1 rows, to mailto:in@a.test"));
  BOOST_TEST(contains(preview.output, "what hosts share is missing"), preview.output);
  const auto document = host.report({"preview", "--domain", "a.test"});
  BOOST_TEST(document.code == 69);
  BOOST_TEST(contains(document.output, "<feedback"));
  BOOST_TEST(host.report({"preview", "--domain", "b.test"}).code == 1);
  const auto status = host.report({"status"});
  BOOST_TEST(status.code == 69);
  BOOST_TEST(contains(status.output, "No report was made yet."));
  BOOST_TEST(contains(status.output, "what hosts share is missing"), status.output);
}

BOOST_AUTO_TEST_SUITE_END()
