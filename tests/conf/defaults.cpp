// SPDX-License-Identifier: Apache-2.0
// Defaults: what the manual promises, what the cases promise, and what Config holds are
// one.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <map>
#include <string>
#include <variant>

#include "conf/keys.h"
#include "conf/load.h"
#include "conf/reference.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using conf::Config;

/// The rows of the manual's table of installed defaults: key -> action.
std::map<std::string, std::string> table_in_manual() {
  const auto text = conf::manual();
  const auto begin = text.find(".TS\n");
  const auto end = text.find(".TE\n", begin);
  BOOST_REQUIRE(end != std::string::npos);
  BOOST_REQUIRE(text.find(".TS\n", end) == std::string::npos);
  std::map<std::string, std::string> rows;
  for (const auto line : split(std::string_view{text}.substr(begin, end - begin), '\n')) {
    const auto cells = split(line, '\t');
    if (cells.size() == 3 && cells[0].find('.') != std::string_view::npos)
      rows[std::string{cells[0]}] = cells[1];
  }
  return rows;
}

/// Does the key hold in both configurations the same value?
bool same(const conf::Key<Config>& key, Config& a, Config& b) {
  return std::visit(
      [&](auto left) {
        const auto right = std::get<decltype(left)>(key.field(b));
        if constexpr (std::is_pointer_v<decltype(left)>)
          return *left == *right;
        else
          return *left.bits == *right.bits;
      },
      key.field(a));
}

Config loaded_from(const std::string& text) {
  auto config = conf::load_config(text, "m.toml");
  if (!config)
    for (const auto& problem : config.fault()) BOOST_ERROR(conf::to_text(problem));
  return std::move(config).value();
}

const conf::Key<Config>& key_named(std::string_view name) {
  const auto found = std::find_if(conf::keys().begin(), conf::keys().end(),
                                  [&](const auto& key) { return key.name == name; });
  BOOST_REQUIRE(found != conf::keys().end());
  return *found;
}

BOOST_AUTO_TEST_CASE(the_table_of_defaults_in_the_manual_says_what_config_says) {
  auto defaults = loaded_from("");
  for (const auto& [name, word] : table_in_manual()) {
    const auto& key = key_named(name);
    auto written = loaded_from(std::string{key.table()} + "." +
                               std::string{key.short_name()} + " = \"" + word + "\"");
    BOOST_TEST(same(key, defaults, written), name << " is not " << word);
  }
}

BOOST_DATA_TEST_CASE(the_promised_defaults_stand_in_the_manual,
                     read_cases("conf/defaults.cases"), c) {
  BOOST_TEST(table_in_manual()[c["key"]] == c["want"]);
}

BOOST_AUTO_TEST_CASE(the_table_of_defaults_holds_nothing_unpromised) {
  BOOST_TEST(table_in_manual().size() == read_cases("conf/defaults.cases").size());
}

BOOST_AUTO_TEST_CASE(an_empty_file_trusts_loopback_only_and_waits_less_than_sendmail) {
  const auto config = loaded_from("");
  BOOST_REQUIRE(config.relay.trusted_networks.size() == 2U);
  BOOST_TEST(config.relay.trusted_networks[0].text() == "127.0.0.0/8");
  BOOST_TEST(config.relay.trusted_networks[1].text() == "::1/128");
  BOOST_TEST(config.relay.domains.empty());
  BOOST_TEST(config.sign.keys.empty());
  BOOST_TEST((config.dns.message_deadline < 10s));
  BOOST_TEST((config.drain.limit == 300s));
  BOOST_TEST(config.milter.socket_mode == 0660U);
}

/// The sample with the "#" before keys and tables removed.
std::string uncommented(const std::string& sample) {
  std::string out;
  for (auto line : split(sample, '\n')) {
    if (line.starts_with('#') && line.size() > 1 && line[1] != ' ') line.remove_prefix(1);
    out += std::string{line} + "\n";
  }
  return out;
}

BOOST_AUTO_TEST_CASE(the_sample_is_valid_and_changes_nothing) {
  auto defaults = loaded_from("");
  auto from_sample = loaded_from(conf::sample());
  auto from_all_of_it = loaded_from(uncommented(conf::sample()));
  for (const auto& key : conf::keys()) {
    BOOST_TEST(same(key, defaults, from_sample), std::string{key.name});
    BOOST_TEST(same(key, defaults, from_all_of_it), std::string{key.name});
  }
  BOOST_TEST(from_sample.sign.keys.empty());
  BOOST_TEST(from_all_of_it.sign.keys.size() == 1U);
  BOOST_TEST(from_all_of_it.directory.accounts.size() == 1U);
  BOOST_TEST(from_all_of_it.listeners.size() == 1U);
  BOOST_TEST(from_all_of_it.replies.size() == 1U);
  BOOST_TEST(from_all_of_it.recipient.policies.size() == 1U);
  BOOST_TEST(from_sample.inbound.dmarc_overrides.empty());
  BOOST_TEST(from_all_of_it.inbound.dmarc_overrides.size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_example_is_a_valid_value) {
  auto defaults = loaded_from("");
  for (const auto& key : conf::keys()) {
    if (key.example.empty()) continue;
    Config scratch;
    conf::set_fallback(key.field(scratch), key.example, key.bounds);
    BOOST_TEST(!same(key, scratch, defaults), std::string{key.name});
  }
}

}  // namespace
}  // namespace milterward::tests
