// SPDX-License-Identifier: Apache-2.0
// What is counted, as dashboards and alarms will read it.
#include "milter/status/meter.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "milter/status/families.h"
#include "tests/support/fake_clock.h"
#include "tests/support/processor_time.h"

using namespace milterward;
using namespace milterward::status;
using namespace std::chrono_literals;

namespace {

struct Counting {
  std::shared_ptr<tests::FakeClock> clock = std::make_shared<tests::FakeClock>();
  Meter meter{clock};

  std::vector<ports::MetricFamily> families(const Moment& moment = {}) const {
    return families_of(meter, moment);
  }
  /// "direction=inbound verdict=reject 2", one a sample.
  std::string samples_of(const std::string& name) const {
    std::string text;
    for (const auto& family : families())
      if (family.name == name)
        for (const auto& sample : family.samples) {
          for (const auto& [label, value] : sample.labels)
            text += fmt::format("{}={} ", label, value);
          text += fmt::format("{}\n", sample.value);
        }
    return text;
  }
};

std::string content_of(const std::string& path) {
  std::ifstream file{MILTERWARD_SOURCE_DIR "/" + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> names_in(const std::string& text) {
  const std::regex name{"(milterward|process)_[a-z_]+"};
  std::set<std::string> names;
  for (std::sregex_iterator found{text.begin(), text.end(), name}, end; found != end;
       ++found)
    names.insert(found->str());
  return names;
}

/// Without what the text format appends to the name of a histogram.
std::string family_of(const std::string& name) {
  for (const std::string ending : {"_bucket", "_sum", "_count"})
    if (name.ends_with("_seconds" + ending))
      return name.substr(0, name.size() - ending.size());
  return name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(meter)

BOOST_AUTO_TEST_CASE(messages_are_counted_apart_from_what_is_refused_before_them) {
  Counting counting;
  counting.meter.decided({"message", "inbound", "accept", "dmarc.reject", "reject"});
  counting.meter.decided({"message", "inbound", "accept", "dmarc.reject", "reject"});
  counting.meter.decided({"recipient", "inbound", "reject", "relay.denied", ""});
  BOOST_TEST(counting.samples_of("milterward_messages_total") ==
             "direction=inbound verdict=accept rule=dmarc.reject would=reject 2\n");
  BOOST_TEST(
      counting.samples_of("milterward_early_decisions_total") ==
      "step=recipient direction=inbound verdict=reject rule=relay.denied would= 1\n");
}

BOOST_AUTO_TEST_CASE(rules_without_end_make_no_metrics_without_end) {
  Counting counting;
  for (int i = 0; i < 5000; ++i)
    counting.meter.decided({"message", "inbound", "accept", std::to_string(i), ""});
  const auto families = counting.families();
  BOOST_TEST(families.front().name == "milterward_messages_total");
  BOOST_TEST(families.front().samples.size() == 1025U);
  BOOST_TEST(families.front().samples.back().value == 5000 - 1024);
}

BOOST_AUTO_TEST_CASE(buckets_hold_what_those_before_them_hold) {
  Counting counting;
  counting.meter.message_took(50us);
  counting.meter.message_took(2ms);
  counting.meter.message_took(1h);
  for (const auto& family : counting.families()) {
    if (family.name != "milterward_message_duration_seconds") continue;
    const auto& buckets = family.samples.front().buckets;
    BOOST_TEST(buckets.front().bound == 0.0001);
    BOOST_TEST(buckets.front().count == 1U);
    BOOST_TEST(buckets[3].bound == 0.0025);
    BOOST_TEST(buckets[3].count == 2U);
    BOOST_TEST(buckets.back().count == 3U);
    BOOST_TEST(family.samples.front().sum == 3600.00205);
  }
}

BOOST_AUTO_TEST_CASE(a_quota_is_near_its_limit_for_an_hour_or_until_it_is_not) {
  Counting counting;
  const auto note = [&](const char* who, std::uint64_t used) {
    counting.meter.quota_was({"account", who, "messages", "day", used, 100});
  };
  note("ann", 80);
  note("joe", 79);
  note("eve", 49);
  const std::string others = "scope=client 0\nscope=domain 0\nscope=egress 0\n";
  BOOST_TEST(counting.samples_of("milterward_quotas_near_limit") ==
             "scope=account 1\n" + others);
  const auto fullest = counting.meter.fullest_quotas();
  BOOST_REQUIRE(fullest.size() == 2U);
  BOOST_TEST(fullest[0].subject == "ann");
  note("ann", 1);
  BOOST_TEST(counting.samples_of("milterward_quotas_near_limit") ==
             "scope=account 0\n" + others);
  note("joe", 100);
  counting.clock->advance(1h + 1s);
  BOOST_TEST(counting.meter.fullest_quotas().empty());
}

BOOST_AUTO_TEST_CASE(strangers_do_not_fill_the_memory_with_quotas) {
  Counting counting;
  for (int i = 0; i < 3000; ++i)
    counting.meter.quota_was({"client", std::to_string(i), "messages", "hour", 9, 10});
  BOOST_TEST(counting.meter.fullest_quotas().size() == 1000U);
  counting.clock->advance(1h + 1s);
  counting.meter.quota_was({"client", "new", "messages", "hour", 9, 10});
  BOOST_TEST(counting.meter.fullest_quotas().size() == 1U);
}

BOOST_AUTO_TEST_CASE(events_say_what_fails_and_which_configuration_is_in_force) {
  Counting counting;
  const auto began = counting.meter.configured();
  counting.meter.happened(Event::store_failing);
  counting.meter.happened(Event::dns_failing);
  counting.meter.happened(Event::dns_recovered);
  counting.meter.happened(Event::config_kept);
  BOOST_TEST(
      counting.samples_of("milterward_failing") ==
      "part=dns 0\npart=store 1\npart=journal 0\npart=feedback 0\npart=directory_sql 0\n");
  BOOST_TEST(counting.samples_of("milterward_config_last_reload_successful") == "0\n");
  counting.clock->advance(10s);
  BOOST_TEST((counting.meter.configured() == began));
  counting.meter.happened(Event::config_reloaded);
  BOOST_TEST((counting.meter.configured() == began + 10s));
  BOOST_TEST(counting.samples_of("milterward_config_last_reload_successful") == "1\n");
  BOOST_TEST(counting.samples_of("milterward_events_total").find("event=config.kept 1\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_are_those_that_prometheus_asks_for) {
  using Kind = ports::MetricFamily::Kind;
  std::set<std::string> names;
  for (const auto& family : Counting{}.families()) {
    BOOST_TEST(names.insert(family.name).second, family.name);
    BOOST_TEST(family.name.ends_with("_total") == (family.kind == Kind::counter),
               family.name);
    BOOST_TEST(
        family.name.ends_with("_duration_seconds") == (family.kind == Kind::histogram),
        family.name);
    BOOST_TEST(!family.help.empty());
  }
}

BOOST_AUTO_TEST_CASE(dashboard_and_alarms_name_only_what_there_is) {
  std::set<std::string> known;
  for (const auto& family : Counting{}.families()) known.insert(family.name);
  for (const auto* path :
       {"packaging/monitoring/grafana-dashboard.json", "packaging/monitoring/alerts.yml"}) {
    const auto names = names_in(content_of(path));
    BOOST_TEST(names.size() > 5U, path);
    for (const auto& name : names)
      BOOST_TEST(known.contains(family_of(name)), path << " names " << name);
  }
}

BOOST_AUTO_TEST_CASE(the_manual_names_all_that_there_is) {
  const auto manual = content_of("packaging/man/milterward.8");
  for (const auto& family : Counting{}.families())
    BOOST_TEST(manual.find(family.name) != std::string::npos, family.name);
}

/// A message with three recipients, two signatures and two quotas: below 5 us.
BOOST_AUTO_TEST_CASE(counting_costs_a_message_next_to_nothing) {
  Counting counting;
  auto& meter = counting.meter;
  constexpr int messages = 20'000;
  const auto began = tests::processor_seconds();
  for (int i = 0; i < messages; ++i) {
    for (const auto stage : {ports::Stage::connect, ports::Stage::helo, ports::Stage::mail,
                             ports::Stage::rcpt, ports::Stage::rcpt, ports::Stage::rcpt,
                             ports::Stage::end_of_headers, ports::Stage::end_of_message})
      meter.stage_took(stage, 70us);
    meter.decided({"message", "inbound", "accept", "dmarc.pass", ""});
    for (const auto* method : {"spf", "spf_helo", "dkim", "dkim", "arc", "dmarc"})
      meter.authenticated(method, "pass");
    for (const auto* scope : {"account", "domain"})
      meter.quota_was({scope, "joe@example.org", "messages", "day", 10, 100});
    for (int n = 0; n < 8; ++n) meter.dns_asked(ports::DnsAsked::cached);
    meter.message_took(3ms);
    meter.journal_wrote(1);
    meter.happened(Event::message_decided);
  }
  const auto each = (tests::processor_seconds() - began) / messages * 1e6;
  BOOST_TEST_MESSAGE("counting a message takes " << each << " us");
  // A generous limit: builds with sanitizers play this too.
  BOOST_TEST(each < 100);
}

BOOST_AUTO_TEST_SUITE_END()
