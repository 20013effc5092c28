// SPDX-License-Identifier: Apache-2.0
// The parts of `milterward import`, without files; tests/import plays whole set-ups.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <map>

#include "conf/import/hosts.h"
#include "conf/import/import.h"
#include "conf/import/options.h"
#include "conf/import/quotation.h"
#include "conf/import/signing_tables.h"
#include "conf/import/ucl.h"
#include "conf/import/write.h"
#include "conf/load.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::importing;
using namespace milterward::tests;
namespace data = boost::unit_test::data;

namespace {

class FakeFiles final : public OldFiles {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string, std::string> read(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return Unexpected{std::string{"is not there"}};
    return found->second;
  }

  std::vector<std::string> names_in(const std::string& directory) const override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_) {
      if (!path.starts_with(directory + "/")) continue;
      const auto rest = path.substr(directory.size() + 1);
      const auto name = rest.substr(0, rest.find('/'));
      if (names.empty() || names.back() != name) names.push_back(name);
    }
    return names;
  }

 private:
  std::map<std::string, std::string> files_;
};

DataSet set_of(const std::string& lines, bool patterns) {
  DataSet set;
  set.patterns = patterns;
  unsigned number = 0;
  for (const auto line : split(lines, '\n')) {
    const auto text = trim(line);
    if (text.empty()) continue;
    const auto blank = std::min(text.find(' '), text.size());
    set.entries.push_back({std::string{text.substr(0, blank)},
                           std::string{trim(text.substr(blank))},
                           {"table", ++number, std::string{text}}});
  }
  return set;
}

std::string brief(const Row& row) {
  auto text =
      fmt::format("{} {} {}", row.text("domain"), row.text("selector"), row.text("file"));
  if (row.text("subdomains") == "true") text += " subdomains";
  if (!row.text("identity").empty()) text += fmt::format(" {}", row.text("identity"));
  return text;
}

std::string brief(const UclValue& value);

std::string brief_members(const UclValue& object) {
  std::string text;
  for (const auto& [name, member] : object.members)
    text += (text.empty() ? "" : " ") + name +
            (member.kind == UclValue::Kind::text ? "=" : "") + brief(member);
  return text;
}

std::string brief(const UclValue& value) {
  if (value.kind == UclValue::Kind::text) return value.text;
  if (value.kind == UclValue::Kind::object) return "{" + brief_members(value) + "}";
  std::string text;
  for (const auto& item : value.items) text += (text.empty() ? "" : ",") + brief(item);
  return "[" + text + "]";
}

std::string joined(const std::vector<Host>& hosts) {
  std::string text;
  for (const auto& host : hosts) text += (text.empty() ? "" : " ") + host.text;
  return text;
}

std::string joined(const std::vector<Hosts::Odd>& odd) {
  std::string text;
  for (const auto& each : odd) text += (text.empty() ? "" : " ") + each.host.text;
  return text;
}

/// Lines without blanks around them.
std::string stripped(const std::string& lines) {
  std::string out;
  for (const auto line : split(lines, '\n'))
    if (!trim(line).empty()) out += (out.empty() ? "" : "\n") + std::string{trim(line)};
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(importing_configurations)

BOOST_DATA_TEST_CASE(tables_become_rows,
                     data::make(read_cases("conf/import/signing_tables.cases")), c) {
  std::map<std::string, std::string> files;
  for (const auto& name : words_of(c.get("files"))) files[name] = "";
  const bool patterns = c.has("patterns");
  Draft draft;
  translate_tables(
      draft,
      {set_of(c["keys"], false), set_of(c.get(patterns ? "patterns" : "rules"), patterns),
       c.get("several") == "yes", c.get("base"), false},
      FakeFiles{files});
  std::string rows;
  for (const auto& row : draft.rows()) rows += (rows.empty() ? "" : "\n") + brief(row);
  BOOST_TEST(rows == stripped(c.get("want")));
  for (const auto& told : c.all("told"))
    BOOST_TEST(std::ranges::any_of(draft.findings(),
                                   [&](const Finding& finding) {
                                     return finding.outcome != Outcome::translated &&
                                            finding.text.starts_with(told);
                                   }),
               "nobody says \"" << told << "\"");
  if (!c.has("told"))
    for (const auto& finding : draft.findings())
      BOOST_TEST((finding.outcome == Outcome::translated), finding.text);
}

BOOST_DATA_TEST_CASE(hosts_are_sorted, data::make(read_cases("conf/import/hosts.cases")),
                     c) {
  DataSet set;
  set.patterns = c.has("patterns");
  for (const auto& word : words_of(c.get(set.patterns ? "patterns" : "hosts")))
    set.entries.push_back({word, "", {}});
  const auto hosts = hosts_of(set);
  BOOST_TEST(joined(hosts.networks) == c.get("networks"));
  BOOST_TEST(joined(hosts.names) == c.get("names"));
  BOOST_TEST(joined(hosts.excluded) == c.get("excluded"));
  BOOST_TEST(joined(hosts.never) == c.get("never"));
}

BOOST_DATA_TEST_CASE(ucl_is_read, data::make(read_cases("conf/import/ucl.cases")), c) {
  const auto root = parse_ucl(c["ucl"]);
  if (root)
    BOOST_TEST(brief_members(*root) == c.get("want"));
  else
    BOOST_TEST(root.fault().reason == c.get("fault"));
}

BOOST_AUTO_TEST_CASE(any_text_survives_toml) {
  for (const auto* text : {"plain", "a \"quoted\" \\ one", "tab\there", "line\nbreak",
                           "umlaut \xc3\xa4", "\x01\x7f"}) {
    Draft draft;
    draft.set("log.facts", std::string{"/"} + text, {"f", 1, text});
    const auto config = conf::load_config(to_toml(draft, "head"), "m.toml");
    if (config)
      BOOST_TEST(config->log.facts == std::string{"/"} + text);
    else  // control characters are refused, but as a value, not as broken TOML
      BOOST_TEST(config.fault().front().key == "log.facts");
  }
}

BOOST_AUTO_TEST_CASE(quotations_steer_no_terminal) {
  BOOST_TEST(quotation("Domain\t b\xc3\xbc"
                       "cher.example ") ==
             "Domain b\xc3\xbc"
             "cher.example");
  BOOST_TEST(quotation("a\x1b[31m\x7f"
                       "b\nc") == "a?[31m?b c");
  BOOST_TEST(quotation("a\xc2\x9b"
                       "31m") == "a?31m");         // CSI of C1
  BOOST_TEST(quotation("a\xff\xc3") == "a??");     // no UTF-8
  BOOST_TEST(quotation("ab\xc3\xbc", 3) == "ab");  // whole characters
}

BOOST_AUTO_TEST_CASE(the_first_daemon_counts_and_the_other_is_told) {
  const FakeFiles files{
      {{"/a", "AuthservID a.example.org\n"}, {"/b", "AuthservID b.example.org\n"}}};
  const auto draft =
      import({{Daemon::opendkim, {"/a"}}, {Daemon::opendmarc, {"/b"}}}, files);
  BOOST_REQUIRE(draft);
  BOOST_TEST(draft->values().at("authres.authserv_id").texts.front() == "a.example.org");
  BOOST_TEST(std::ranges::any_of(draft->findings(), [](const Finding& finding) {
    return finding.outcome == Outcome::look && finding.origin.file == "/b" &&
           finding.text.find("a.example.org") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(includes_end_and_say_where) {
  const FakeFiles files{{{"/a", "Mode s\nInclude /a\n"}}};
  const auto draft = import({{Daemon::opendkim, {"/a"}}}, files);
  BOOST_REQUIRE(!draft);
  BOOST_TEST(draft.fault().file == "/a");
  BOOST_TEST(draft.fault().line == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_acts_where_nothing_acted) {
  const FakeFiles files{{{"/a", "RejectFailures false\n"}, {"/b", "RejectFailures yes\n"}}};
  const auto silent = import({{Daemon::opendmarc, {"/a"}}}, files);
  const auto strict = import({{Daemon::opendmarc, {"/b"}}}, files);
  BOOST_REQUIRE((silent && strict));
  BOOST_TEST(!silent->has("inbound.mode"));
  BOOST_TEST(strict->values().at("inbound.mode").texts.front() == "enforce");
  BOOST_TEST(strict->values().at("inbound.no_from").texts.front() == "accept");
}

BOOST_AUTO_TEST_SUITE_END()
