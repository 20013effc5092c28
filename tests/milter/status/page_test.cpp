// SPDX-License-Identifier: Apache-2.0
// The page: what it says to whom, and that it can be read without a mouse, a wide window or
// eyes.
#include "milter/status/page.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "milter/status/token.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::status;
using namespace std::chrono_literals;
using milterward::tests::contains;

namespace {

constexpr WallTime noon{1'790'000'000s};

/// With something of everything, some of it hostile.
Overview example() {
  Overview overview;
  overview.host = "mx.example.org";
  overview.version = "0.1.0";
  overview.now = noon;
  overview.began = noon - 72h;
  overview.configured = noon - 90min;
  overview.messages_in_flight = 2;
  overview.connections = 5;
  overview.failing = {"store"};
  overview.charts = {
      {"hours",
       "The last 24 hours",
       noon - 24h,
       3600s,
       24,
       {{0, "accept", 9}, {1, "reject", 3}, {1, "accept", 5}, {99, "tag", 1}}}};
  overview.domains = {{"<b>evil</b>.example\xe2\x80\xae", 12, 3}};
  overview.clients = {{"192.0.2.77", 9, 8}};
  overview.rules = {{"dmarc.reject", 4, 4}};
  overview.quotas = {{"account", "joe@example.org", "messages", "day", 90, 100},
                     {"client", "192.0.2.5", "messages", "hour", 6, 10},
                     {"domain", "example.net", "recipients", "day", 7, 10}};
  overview.keys = {{"example.org", "2026a", "active", noon - 240h},
                   {"example.net", "old", "unusable", WallTime{}}};
  overview.egress = {{"198.51.100.25", "listed by zen.example", false}};
  overview.troubles = {{"store.failing", 1}};
  feedback::DomainPicture picture;
  picture.domain.domain = "reported.example";
  picture.domain.policy = "quarantine";
  picture.domain.messages = 200;
  picture.domain.passed = 150;
  picture.domain.reports = 7;
  picture.domain.organisations = 3;
  picture.sources = {
      {"192.0.2.88", 50, 0, 0, 0, 0, "other.example", "<i>s1</i> (fail)", "softfail", {}},
      {"192.0.2.99", 150, 150, 150, 150, 0, "", "", "", {}}};
  picture.advice = {feedback::NextStep::mend, {"of 200 messages 75.0% pass"}};
  overview.reports.picture.domains = {picture};
  ports::TlsFeedback tls;
  tls.domain = "tls.example";
  tls.worked = 90;
  tls.failed = 10;
  tls.failures = {{"certificate-expired", "192.0.2.66", "", 10}};
  overview.reports.picture.tls = {tls};
  return overview;
}

std::vector<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex wanted{pattern};
  std::vector<std::string> found;
  for (std::sregex_iterator at{text.begin(), text.end(), wanted}, end; at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

ports::JournalEntry hostile_entry() {
  ports::JournalEntry entry;
  entry.at = noon;
  entry.kind = "message";
  entry.queue_id = "4bXyz1";
  entry.direction = "inbound";
  entry.reason = "direction.stranger";
  entry.mail_from = "<script>@evil.example";
  entry.domain = "evil.example";
  entry.recipients = {"ann@example.org"};
  entry.client = "192.0.2.77";
  entry.verdict = "reject";
  entry.rule = "dmarc.reject";
  entry.mode = "enforce";
  return entry;
}

std::string search_of(Access access) {
  const auto entry = hostile_entry();
  SearchResult result{"4bXyz1", {{entry, story_of(entry)}}, ""};
  result.found[0].story.sentences.push_back(
      "It is from <script>@evil.example to "
      "ann@example.org.");
  return search_page(result, "mx.example.org", access);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_page)

BOOST_AUTO_TEST_CASE(with_the_token_it_shows_who) {
  const auto page = overview_page(example(), Access::names_shown);
  for (const auto* name : {"joe@example.org", "192.0.2.77", "192.0.2.5", "198.51.100.25"})
    BOOST_TEST(contains(page, name), name);
}

BOOST_AUTO_TEST_CASE(what_others_report_is_shown_with_advice) {
  auto overview = example();
  const auto page = overview_page(overview, Access::names_shown);
  for (const auto* part : {"reported.example", "75.0%", "7 of 3", "mend what does not pass",
                           "of 200 messages 75.0% pass", "192.0.2.88",
                           "&lt;i&gt;s1&lt;/i&gt; (fail)", "it proves other.example",
                           "tls.example", "90.0%", "certificate-expired", "192.0.2.66"})
    BOOST_TEST(contains(page, part), part);
  BOOST_TEST(!contains(page, "192.0.2.99"));  // all of its mail passes
  overview.reports = {{}, "the reports in x: there are none yet"};
  BOOST_TEST(contains(overview_page(overview, Access::names_shown),
                      "There is nothing to show: the reports in x: there are none yet."));
  overview.reports = {};
  BOOST_TEST(contains(overview_page(overview, Access::names_shown),
                      "No report of the last 30 days is known."));
}

BOOST_AUTO_TEST_CASE(without_the_token_it_shows_domains_and_no_addresses) {
  for (const auto access : {Access::names_hidden, Access::no_token}) {
    const auto page = overview_page(example(), access);
    for (const auto* name : {"joe", "192.0.2.", "198.51.100"})
      BOOST_TEST(!contains(page, name), name);
    for (const auto* name :
         {"…@example.org", "example.net", "evil", "listed by zen.example", "dmarc.reject",
          "reported.example", "mend what does not pass", "certificate-expired"})
      BOOST_TEST(contains(page, name), name);
  }
}

BOOST_AUTO_TEST_CASE(only_who_can_use_it_is_offered_the_token) {
  const auto offer = "href=\"/token\"";
  BOOST_TEST(!contains(overview_page(example(), Access::names_shown), offer));
  BOOST_TEST(contains(overview_page(example(), Access::names_hidden), offer));
  BOOST_TEST(!contains(overview_page(example(), Access::no_token), offer));
}

BOOST_AUTO_TEST_CASE(what_strangers_wrote_stays_text) {
  const auto page = overview_page(example(), Access::names_shown);
  BOOST_TEST(contains(page, "<bdi>&lt;b&gt;evil&lt;/b&gt;.example\\u{202e}</bdi>"));
  BOOST_TEST(!contains(page, "<b>"));
  const auto story = search_of(Access::names_shown);
  BOOST_TEST(contains(story, "&lt;script&gt;@evil.example"));
  BOOST_TEST(!contains(story, "<script"));
  const SearchResult nothing{"\"><script>\xe2\x80\xae", {}, ""};
  const auto empty = search_page(nothing, "mx.example.org", Access::names_shown);
  BOOST_TEST(contains(empty, "value=\"&quot;&gt;&lt;script&gt;\\u{202e}\""));
  BOOST_TEST(!contains(empty, "<script"));
}

BOOST_AUTO_TEST_CASE(a_search_without_the_token_tells_the_rule_and_no_address) {
  const auto shown = search_of(Access::names_shown);
  BOOST_TEST(contains(shown, "ann@example.org"));
  for (const auto access : {Access::names_hidden, Access::no_token}) {
    const auto hidden = search_of(access);
    BOOST_TEST(contains(hidden, "dmarc.reject"));
    BOOST_TEST(contains(hidden, "evil.example"));
    BOOST_TEST(!contains(hidden, "ann"));
    BOOST_TEST(!contains(hidden, "script"));
    BOOST_TEST(!contains(hidden, "192.0.2.77"));
  }
}

/// The policy of the site forbids all of it anyway: then it would not work.
BOOST_AUTO_TEST_CASE(nothing_in_it_is_run_or_comes_from_elsewhere) {
  for (const auto& page :
       {overview_page(example(), Access::names_shown), search_of(Access::names_shown)}) {
    for (const auto* part :
         {"<script", " style=", " on", "http:", "https:", "<img", "<iframe"})
      BOOST_TEST(!std::regex_search(page, std::regex{std::string{"<[^>]*"} + part}), part);
    for (const auto& place : matches(page, "(?:href|src|action)=\"([^\"]*)\""))
      BOOST_TEST((place.starts_with("/") || place.starts_with("#")), place);
  }
}

BOOST_AUTO_TEST_CASE(landmarks_headings_and_tables_have_their_names) {
  const auto page = overview_page(example(), Access::names_shown);
  for (const auto* part : {"<html lang=\"en\">", "<header>", "<nav aria-label=",
                           "<main id=", "<footer>", "role=\"search\"", "<label for=\"q\">",
                           "name=\"viewport\"", "class=\"skip\" href=\"#main\""})
    BOOST_TEST(contains(page, part), part);
  BOOST_TEST(matches(page, "<(h1)>").size() == 1U);
  BOOST_TEST(!contains(page, "<h3"));
  const auto tables = matches(page, "(<table>)").size();
  BOOST_TEST(tables >= 6U);
  BOOST_TEST(matches(page, "<table>(<caption>)").size() == tables);
  BOOST_TEST(matches(page, "(<section id=\"[a-z]+\" aria-labelledby)").size() == 8U);
  std::set<std::string> names;
  for (const auto& id : matches(page, " id=\"([^\"]*)\""))
    BOOST_TEST(names.insert(id).second, id);
  for (const auto& id : matches(page, "href=\"#([^\"]*)\""))
    BOOST_TEST(names.contains(id), id);
  for (const auto& id : matches(page, "aria-labelledby=\"([^\" ]*)"))
    BOOST_TEST(names.contains(id), id);
}

BOOST_AUTO_TEST_CASE(a_chart_is_told_in_words_and_as_a_table) {
  const auto page = overview_page(example(), Access::no_token);
  BOOST_TEST(contains(page, "<figcaption>The last 24 hours: 17 messages</figcaption>"));
  BOOST_TEST(contains(page, "Bars by verdict: 14 accept, 3 reject."));
  BOOST_TEST(contains(page, "<td>5</td><td>3</td>"));
  BOOST_TEST(matches(page, "(<rect class=\"v-accept\" x)").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_read_costs_the_charts_alone) {
  auto overview = example();
  overview.journal_fault = "the journal /x: database is locked";
  overview.charts.clear();
  const auto page = overview_page(overview, Access::no_token);
  BOOST_TEST(contains(page, "database is locked"));
  BOOST_TEST(contains(page, "unusable"));
}

BOOST_AUTO_TEST_CASE(a_token_opens_as_bearer_and_as_password) {
  const std::string token = "opensesame";
  const auto said = [&](std::string_view field) {
    return static_cast<int>(credentials_in(field, token));
  };
  const auto right = static_cast<int>(Credentials::right);
  const auto wrong = static_cast<int>(Credentials::wrong);
  BOOST_TEST(said("Bearer opensesame") == right);
  BOOST_TEST(said("bearer  opensesame") == right);
  BOOST_TEST(said("Basic YW55Ym9keTpvcGVuc2VzYW1l") == right);  // anybody:opensesame
  BOOST_TEST(said("Basic Om9wZW5zZXNhbWU=") == right);          // :opensesame
  BOOST_TEST(said("") == static_cast<int>(Credentials::none));
  for (const auto* field :
       {"Bearer", "Bearer ", "Bearer opensesam", "Bearer opensesamee", "Bearer Opensesame",
        "opensesame", "Basic opensesame", "Basic b3BlbnNlc2FtZQ==", "Digest opensesame"})
    BOOST_TEST(said(field) == wrong, field);
  BOOST_TEST((credentials_in("Bearer ", "") == Credentials::wrong));
}

BOOST_AUTO_TEST_SUITE_END()
