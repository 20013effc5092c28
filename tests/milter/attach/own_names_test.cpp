// SPDX-License-Identifier: Apache-2.0
// What of a Postfix becomes milterward.toml: tests/cases/milter/attach/own_names.cases.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <map>

#include "conf/load.h"
#include "milter/attach/own_config.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using namespace attach;

/// "NAME=LINE;LINE"; a name may hold "=" in braces.
std::map<std::string, std::string> texts_of(const std::vector<std::string>& fields) {
  std::map<std::string, std::string> texts;
  for (const auto& field : fields) {
    const auto brace = field.find("}=");
    const auto equals = brace == std::string::npos ? field.find('=') : brace + 1;
    auto text = field.substr(equals + 1);
    std::replace(text.begin(), text.end(), ';', '\n');
    texts[field.substr(0, equals)] = text;
  }
  return texts;
}

auto reader_of(std::map<std::string, std::string> texts) {
  return [texts = std::move(texts)](
             const std::string& name) -> Result<std::string, std::string> {
    const auto at = texts.find(name);
    if (at == texts.end()) return Unexpected{name + ": there is none"};
    return at->second;
  };
}

/// The lines that say something, but for heads and what was there before.
std::string keys_in(std::string_view text) {
  std::string keys;
  for (const auto line : split(text, '\n'))
    if (!line.empty() && line[0] != '#' && line[0] != '[')
      keys += (keys.empty() ? "" : "\n") + std::string{line};
  return keys;
}

BOOST_AUTO_TEST_SUITE(names_taken_over_from_postfix)

BOOST_DATA_TEST_CASE(become_keys_that_our_loader_reads,
                     bdata::make(read_cases("milter/attach/own_names.cases")), c) {
  PostfixSetup setup;
  setup.meant = parse_settings(c["setup"]);
  const auto names = own_names(
      setup, {reader_of(texts_of(c.all("file"))), reader_of(texts_of(c.all("table")))});
  const auto text = c.get("config");
  const auto config = conf::load_config(text, "milterward.toml");
  BOOST_REQUIRE(config.has_value());
  const auto proposal = propose_config(text, *config, names);
  BOOST_REQUIRE(conf::load_config(proposal.text, "milterward.toml").has_value());
  if (c["want"] == "-")
    BOOST_TEST(proposal.text == text);
  else
    BOOST_TEST(keys_in(proposal.text) == c["want"]);
  for (const auto& words : c.all("note"))
    BOOST_TEST(std::any_of(
                   proposal.notes.begin(), proposal.notes.end(),
                   [&](const auto& note) { return note.find(words) != std::string::npos; }),
               "nothing tells \"" << words << "\"");
  for (const auto& words : c.all("untold"))
    for (const auto& note : proposal.notes)
      BOOST_TEST(note.find(words) == std::string::npos);
  // What was proposed is what the file says now.
  const auto again = propose_config(
      proposal.text, *conf::load_config(proposal.text, "milterward.toml"), names);
  BOOST_TEST(again.text == proposal.text);
}

BOOST_AUTO_TEST_CASE(what_was_written_stays_to_the_octet) {
  const std::string text =
      "# K\xc3\xb6ln\n[relay]   # mine\r\n\n[inbound]\nmode = \"enforce\"";
  const auto config = conf::load_config(text, "milterward.toml");
  BOOST_REQUIRE(config.has_value());
  OwnNames names;
  names.domains = {"example.org"};
  names.owner_files = {"/etc/postfix/logins"};
  const auto proposal = propose_config(text, *config, names);
  const std::string added =
      "# Taken over from Postfix (mydestination, relay_domains, virtual_*_domains) by "
      "\"milterward attach postfix\".\ndomains = [\"example.org\"]\n";
  const auto at = proposal.text.find(added);
  BOOST_REQUIRE(at != std::string::npos);
  auto without = proposal.text;
  without.erase(at, added.size());
  BOOST_TEST(without.starts_with(text));
  BOOST_TEST(without.substr(text.size()).starts_with("\n\n[directory]\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
