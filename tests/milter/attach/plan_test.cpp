// SPDX-License-Identifier: Apache-2.0
// What attach and detach change in main.cf and master.cf: tests/cases/milter/attach/.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "milter/attach/postconf.h"
#include "milter/attach/postfix_plan.h"
#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

namespace bdata = boost::unit_test::data;
using namespace attach;

constexpr std::string_view ours = "unix:milterward/milterward.sock";
constexpr std::string_view none = "(none)";
constexpr std::string_view empty = "(empty)";

std::string shown(const std::optional<std::string>& value) {
  if (!value) return std::string{none};
  return value->empty() ? std::string{empty} : *value;
}

/// "submission/inet smtpd y smtpd_milters=inet:localhost:8891"
Service service_of(const std::string& text) {
  Service service;
  std::vector<std::string> words;
  for (const auto word : split(text, ' ')) words.emplace_back(word);
  service.name = words.at(0);
  service.program = words.at(1);
  service.chroot = words.at(2);
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    service.overrides[words[i].substr(0, equals)] = words[i].substr(equals + 1);
  }
  return service;
}

PostfixSetup setup_of(const Case& c) {
  PostfixSetup setup;
  setup.written = parse_settings(c.get("main"));
  setup.meant = setup.written;
  setup.meant.emplace("queue_directory", "/var/spool/postfix");
  setup.meant.emplace("compatibility_level", "3.6");
  setup.meant.emplace("mail_version", "3.7.11");
  setup.meant.emplace("milter_protocol", "6");
  for (const auto& [name, value] : parse_settings(c.get("meant")))
    setup.meant[name] = value;
  for (const auto& text : c.all("service")) setup.services.push_back(service_of(text));
  return setup;
}

std::optional<std::string> value_of(std::string_view text) {
  if (text == none) return {};
  return std::string{text};
}

/// "PARAMETER: BEFORE -> AFTER"
Change made_of(const std::string& text) {
  const auto colon = text.find(": ");
  const auto arrow = text.find(" -> ");
  return {"", text.substr(0, colon),
          value_of(std::string_view{text}.substr(colon + 2, arrow - colon - 2)),
          value_of(std::string_view{text}.substr(arrow + 4)), ""};
}

std::string in_lines(const Plan& plan) {
  std::string text;
  for (const auto& change : plan.changes)
    text += fmt::format("{}{}{} = {}", text.empty() ? "" : "\n",
                        change.service.empty() ? "" : change.service + " ",
                        change.parameter, shown(change.after));
  return text.empty() ? "-" : text;
}

void check_notes(const Case& c, const Plan& plan) {
  for (const auto& words : c.all("note")) {
    const auto holds = [&](const std::string& note) {
      return note.find(words) != std::string::npos;
    };
    BOOST_TEST(std::any_of(plan.notes.begin(), plan.notes.end(), holds),
               "nothing tells \"" << words << "\"");
  }
}

BOOST_AUTO_TEST_SUITE(attach_to_postfix)

BOOST_DATA_TEST_CASE(changes_what_is_missing,
                     bdata::make(read_cases("milter/attach/postfix.cases")), c) {
  const auto setup = setup_of(c);
  const auto plan =
      plan_attachment(setup, {std::string{ours}, c.has("last"), c.has("bounces")});
  if (c["want"].starts_with("fault ")) {
    BOOST_REQUIRE(!plan);
    BOOST_TEST(plan.fault().find(c["want"].substr(6)) != std::string::npos);
    return;
  }
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(in_lines(*plan) == c["want"]);
  check_notes(c, *plan);
}

/// Carried out, the plan leaves nothing to do: attaching twice is attaching once.
BOOST_DATA_TEST_CASE(is_done_when_it_is_done,
                     bdata::make(read_cases("milter/attach/postfix.cases")), c) {
  auto setup = setup_of(c);
  const Wish wish{std::string{ours}, c.has("last"), c.has("bounces")};
  const auto plan = plan_attachment(setup, wish);
  if (!plan) return;
  for (const auto& change : plan->changes) {
    if (change.service.empty()) {
      setup.written[change.parameter] = *change.after;
      setup.meant[change.parameter] = *change.after;
    } else {
      const auto at =
          std::find_if(setup.services.begin(), setup.services.end(),
                       [&](const auto& service) { return service.name == change.service; });
      at->overrides[change.parameter] = *change.after;
    }
  }
  BOOST_TEST(in_lines(*plan_attachment(setup, wish)) == "-");
}

BOOST_DATA_TEST_CASE(takes_itself_out,
                     bdata::make(read_cases("milter/attach/detach.cases")), c) {
  std::vector<Change> made;
  for (const auto& text : c.all("made")) made.push_back(made_of(text));
  const auto plan = plan_detachment(setup_of(c), ours, made);
  BOOST_TEST(in_lines(plan) == c["want"]);
  check_notes(c, plan);
}

BOOST_AUTO_TEST_CASE(the_socket_is_named_as_smtpd_sees_it) {
  const auto address = [](const std::string& socket, const std::string& chroot) {
    PostfixSetup setup;
    setup.meant = {{"queue_directory", "/var/spool/postfix"},
                   {"compatibility_level", "3.6"}};
    setup.services = {{"smtp/inet", "smtpd", chroot, {}},
                      {"cleanup/unix", "cleanup", "n", {}}};
    const auto found = address_for(*front::parse_socket_spec(socket), setup);
    return found ? *found : "fault: " + found.fault();
  };
  BOOST_TEST(address("unix:/var/spool/postfix/milterward/m.sock", "y") ==
             "unix:milterward/m.sock");
  BOOST_TEST(address("unix:/var/spool/postfix/milterward/m.sock", "n") ==
             "unix:milterward/m.sock");
  BOOST_TEST(address("unix:/run/milterward/m.sock", "n") == "unix:/run/milterward/m.sock");
  BOOST_TEST(address("unix:/run/milterward/m.sock", "-") == "unix:/run/milterward/m.sock");
  BOOST_TEST(address("unix:/run/milterward/m.sock", "y").starts_with("fault: smtpd works"));
  BOOST_TEST(address("unix:/var/spool/postfix-out/m.sock", "y").starts_with("fault: "));
  BOOST_TEST(address("inet:8891@127.0.0.1", "y") == "inet:127.0.0.1:8891");
  BOOST_TEST(address("inet:8891", "y") == "inet:127.0.0.1:8891");
  BOOST_TEST(address("inet6:8891@::1", "y") == "inet:[::1]:8891");
  BOOST_TEST(address("fd:3", "y").starts_with("fault: milter.socket is a descriptor"));
}

BOOST_AUTO_TEST_CASE(postconf_is_told_all_of_a_file_at_once) {
  const std::vector<Change> changes{{"", "a", {}, "1", ""},
                                    {"smtp/inet", "b", {}, "2", ""},
                                    {"", "c", "3", {}, ""},
                                    {"", "d", {}, "", ""},
                                    {"smtp/inet", "e", "5", {}, ""}};
  const std::vector<std::vector<std::string>> wanted{
      {"-e", "a=1", "d="}, {"-X", "c"}, {"-P", "smtp/inet/b=2"}, {"-PX", "smtp/inet/e"}};
  BOOST_TEST((edits_of(changes) == wanted));
}

BOOST_AUTO_TEST_CASE(services_are_read_from_what_postconf_prints) {
  const auto services = parse_services(
      "smtp/inet/chroot = y\n127.0.0.1:10025/inet/chroot = n\n",
      "smtp/inet/command = smtpd\n127.0.0.1:10025/inet/command = smtpd -o x=1\n",
      "127.0.0.1:10025/inet/content_filter = \n127.0.0.1:10025/inet/x = a b\n");
  const std::vector<Service> wanted{
      {"smtp/inet", "smtpd", "y", {}},
      {"127.0.0.1:10025/inet", "smtpd", "n", {{"content_filter", ""}, {"x", "a b"}}}};
  BOOST_TEST((services == wanted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
