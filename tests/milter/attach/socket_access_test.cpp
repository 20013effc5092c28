// SPDX-License-Identifier: Apache-2.0
// Who may open the socket: tests/cases/milter/attach/socket_access.cases.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "conf/load.h"
#include "milter/attach/socket_access.h"
#include "milter/attach/socket_site.h"
#include "policy/base/ascii.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using namespace attach;

std::optional<Rights> rights_of(const std::string& text) {
  if (text.empty() || text == "-") return {};
  const auto words = split(text, ' ');
  const auto number = [&](std::size_t i, int base) {
    return static_cast<unsigned>(std::stoul(std::string{words.at(i)}, nullptr, base));
  };
  return Rights{number(0, 10), number(1, 10), number(2, 8)};
}

BOOST_AUTO_TEST_SUITE(access_to_the_socket)

BOOST_DATA_TEST_CASE(what_is_missing_is_a_command,
                     bdata::make(read_cases("milter/attach/socket_access.cases")), c) {
  SocketSite site;
  site.directory = "/somewhere";
  site.directory_rights = rights_of(c["directory"]);
  site.socket_rights = rights_of(c.get("socket"));
  site.is_below_queue = c.has("below");
  site.has_listener = !c.has("listens");
  site.daemon_user = "milterward";
  site.mta_user = "postfix";
  site.mta_group = "postfix";
  site.mta_uid = 101;
  site.mta_groups = {101};
  if (c.has("groups"))
    site.mta_groups.push_back(static_cast<gid_t>(std::stoul(c["groups"])));
  const auto missing =
      missing_access(site, [](gid_t group) { return fmt::format("g{}", group); });
  std::string commands;
  for (const auto& command : missing.commands)
    commands +=
        fmt::format("{}{}", commands.empty() ? "" : "\n", fmt::join(command.words, " "));
  BOOST_TEST((commands.empty() ? "-" : commands) == c["want"]);
  BOOST_TEST(missing.notes.size() == c.all("note").size());
  for (const auto& words : c.all("note"))
    BOOST_TEST(std::any_of(
                   missing.notes.begin(), missing.notes.end(),
                   [&](const auto& note) { return note.find(words) != std::string::npos; }),
               "nothing tells \"" << words << "\"");
}

BOOST_AUTO_TEST_CASE(another_instance_has_another_queue) {
  const auto config = conf::load_config("", "defaults");
  BOOST_REQUIRE(config.has_value());
  const auto is_below = [&](const std::string& path) {
    return look_at_site(path, *config, "root", "/var/spool/postfix")->is_below_queue;
  };
  BOOST_TEST(is_below("/var/spool/postfix/milterward/m.sock"));
  BOOST_TEST(!is_below("/var/spool/postfix-out/milterward/m.sock"));
  BOOST_TEST(!look_at_site("/m.sock", *config, "nobody of that name", ""));
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_there_is_looked_at) {
  const TemporaryDirectory directory;
  const auto config = conf::load_config("", "defaults");
  const auto site = look_at_site(directory.path("m.sock"), *config, "root", "");
  BOOST_REQUIRE(site.has_value());
  BOOST_TEST(site->directory == directory.path());
  BOOST_REQUIRE(site->directory_rights.has_value());
  BOOST_TEST(site->directory_rights->mode == 0700U);
  BOOST_TEST(!site->has_listener);
  BOOST_TEST(site->daemon_user == "milterward");
  BOOST_TEST(site->mta_group == "root");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
