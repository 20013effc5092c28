// SPDX-License-Identifier: Apache-2.0
// The directory of the configuration and the one in files, alone and joined.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "policy/backends/config_directory.h"
#include "policy/backends/directory_files.h"
#include "policy/backends/joined_directory.h"
#include "policy/backends/lookup_table.h"
#include "policy/base/ascii.h"
#include "policy/mail/login.h"
#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/support/cases.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using backends::ConfigDirectory;
using backends::DirectoryFiles;
using backends::JoinedDirectory;

const Deadline any_deadline{SteadyTime::max()};

MailAddress address(std::string_view text) {
  const auto at = text.rfind('@');
  return {std::string{text.substr(0, at)}, Domain::parse(text.substr(at + 1)).value()};
}

/// Lines of a case; `|` protects leading white space.
std::string lines_of(const std::string& text) {
  std::string lines;
  for (auto line : split(text, '\n')) {
    if (line.starts_with('|')) line.remove_prefix(1);
    lines += unescaped(line) + "\n";
  }
  return lines;
}

void set_time(const std::string& path, WallTime time) {
  std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(time));
}

/// A file nobody writes any more, as its time tells.
std::string write(const TemporaryDirectory& where, const std::string& name,
                  const std::string& text, WallTime today = SystemClock{}.today()) {
  const auto path = where.path(name);
  std::ofstream{path, std::ios::binary} << text;
  set_time(path, today - 10s);
  return path;
}

std::string toml_of(const Case& c, const TemporaryDirectory& where) {
  std::string toml = "[directory]\n";
  for (const auto& pair : c.all("set")) {
    const auto equals = pair.find('=');
    const auto value = pair.substr(equals + 1);
    toml += pair.substr(0, equals) + " = " +
            (value == "true" ? value : "\"" + value + "\"") + "\n";
  }
  if (c.has("owners"))
    toml += "owner_files = [\"" + write(where, "owners", lines_of(c["owners"])) + "\"]\n";
  for (const auto& row : c.all("account")) {
    const auto words = split(row, ' ');
    const auto login = words.front() == "\"\"" ? "" : words.front();
    toml += "[[directory.account]]\nlogin = \"" + std::string{login} + "\"\nmay_use = [";
    for (std::size_t i = 1; i < words.size(); ++i)
      toml += (i > 1 ? ", \"" : "\"") + std::string{words[i]} + "\"";
    toml += "]\n";
  }
  return toml;
}

std::shared_ptr<const ports::Directory> joined(const conf::Config& config) {
  const auto shared = std::make_shared<const conf::Config>(config);
  return std::make_shared<const JoinedDirectory>(
      std::vector<std::shared_ptr<const ports::Directory>>{
          std::make_shared<const ConfigDirectory>(shared),
          DirectoryFiles::open(config.directory, std::make_shared<SystemClock>()).value()});
}

BOOST_AUTO_TEST_SUITE(directory)

BOOST_DATA_TEST_CASE(knows_who_may_write_as_what, read_cases("backends/directory.cases"),
                     c) {
  const TemporaryDirectory where;
  const auto config = configuration_from(toml_of(c, where));
  const auto directory = joined(config);
  if (c["want"] == "nobody knows") {
    BOOST_TEST(!directory->knows_owners());
    return;
  }
  BOOST_TEST(directory->knows_owners());
  const auto login = full_login(c["login"], config.directory.realm);
  const auto allowed =
      directory->may_use(login, address(unescaped(c["address"])), any_deadline);
  BOOST_TEST((allowed.value() ? "yes" : "no") == c["want"]);
}

BOOST_DATA_TEST_CASE(reads_tables, read_cases("backends/lookup_table.cases"), c) {
  const auto entries = backends::parse_table(lines_of(c["table"]));
  std::vector<std::string> told;
  if (!entries) {
    told.push_back("fault " + std::to_string(entries.fault().line) + " " +
                   entries.fault().reason);
  } else {
    for (const auto& entry : *entries)
      told.push_back(std::to_string(entry.line) + " " + entry.key + "=" + entry.value);
  }
  std::vector<std::string> wanted;
  for (const auto& want : c.all("want")) wanted.push_back(unescaped(want));
  BOOST_TEST(told == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(keys_and_values_have_limits) {
  const std::string key(backends::table_key_limit, 'k');
  const std::string value(backends::table_value_limit, 'v');
  BOOST_TEST(backends::parse_table(key + " " + value).has_value());
  BOOST_TEST(backends::parse_table("k" + key + " v").fault().reason == "key too long");
  BOOST_TEST(backends::parse_table("k v" + value).fault().reason == "value too long");
  BOOST_TEST(backends::parse_table("k v\n " + value).fault().reason == "value too long");
}

BOOST_AUTO_TEST_CASE(what_a_table_cannot_mean_is_named_with_its_line) {
  BOOST_TEST(backends::parse_owners("a@b.test joe\njoe joe\n", "").fault() ==
             "line 2: \"joe\" is neither joe@example.org nor @example.org");
  BOOST_TEST(backends::parse_owners("a@b.test\n", "").fault() ==
             "line 1: no login behind \"a@b.test\"");
  BOOST_TEST(backends::parse_owners("a@b.test , ,\n", "").fault() ==
             "line 1: no login behind \"a@b.test\"");
  BOOST_TEST(backends::parse_classes("joe a b\n", "").fault() ==
             "line 1: not one class behind \"joe\"");
  BOOST_TEST(backends::parse_domains("example..org OK\n").fault() ==
             "line 1: \"example..org\" is not a domain");
}

BOOST_AUTO_TEST_CASE(domains_come_from_all_sources) {
  const TemporaryDirectory where;
  const auto file = write(where, "domains", "Example.NET OK\n.below.test x\nbücher.test\n");
  const auto directory = joined(configuration_from(
      "relay.domains = [\"example.org\"]\ndirectory.domain_files = [\"" + file + "\"]"));
  BOOST_TEST(directory->knows_domains());
  const auto is_ours = [&](const char* name) {
    return directory->is_ours(Domain::parse(name).value(), any_deadline).value();
  };
  for (const auto* name : {"example.org", "example.net", "a.below.test", "a.b.below.test",
                           "xn--bcher-kva.test"})
    BOOST_TEST(is_ours(name), name);
  for (const auto* name :
       {"below.test", "sub.example.net", "sub.example.org", "example.com", "test"})
    BOOST_TEST(!is_ours(name), name);
  BOOST_TEST(!joined(configuration_from(""))->knows_domains());
}

BOOST_AUTO_TEST_CASE(the_first_class_that_is_named_counts) {
  const TemporaryDirectory where;
  const auto file = write(where, "classes", "joe bulk\nANN@mx.test staff\n");
  const auto directory = joined(configuration_from(
      "directory.class_files = [\"" + file +
      "\"]\ndirectory.realm = \"mx.test\"\n"
      "[[directory.account]]\nlogin = \"joe\"\nclass = \"free\"\n"
      "[[directory.account]]\nlogin = \"ann\"\nmay_use = [\"a.test\"]\n"));
  BOOST_TEST(directory->class_of("joe@mx.test", any_deadline).value() == "free");
  BOOST_TEST(directory->class_of("Ann@mx.test", any_deadline).value() == "staff");
  BOOST_TEST(directory->class_of("eve@mx.test", any_deadline).value() == "");
}

BOOST_AUTO_TEST_CASE(any_source_may_say_that_an_account_is_no_new_one) {
  const TemporaryDirectory where;
  const auto file = write(where, "established", "joe since 2019\nANN@mx.test\tyes\n");
  const auto directory = joined(
      configuration_from("directory.established_files = [\"" + file +
                         "\"]\ndirectory.realm = \"mx.test\"\n"
                         "[[directory.account]]\nlogin = \"bob\"\nestablished = true\n"
                         "[[directory.account]]\nlogin = \"eve\"\nclass = \"free\"\n"));
  for (const auto* login : {"joe@mx.test", "Ann@mx.test", "bob@mx.test"})
    BOOST_TEST(directory->is_established(login, any_deadline).value(), login);
  for (const auto* login : {"eve@mx.test", "joe@other.test", ""})
    BOOST_TEST(!directory->is_established(login, any_deadline).value(), login);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_stop_the_start) {
  const TemporaryDirectory where;
  const auto bad = write(where, "bad", "example..org x\n");
  const auto open = write(where, "open", "example.org x\n");
  std::filesystem::permissions(open, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  conf::DirectorySettings settings{};
  settings.domain_files = {bad, open, where.path("none"), where.path()};
  const auto files = DirectoryFiles::open(settings, std::make_shared<SystemClock>());
  BOOST_REQUIRE(!files);
  BOOST_REQUIRE(files.fault().size() == 4U);
  BOOST_TEST(files.fault()[0] == "directory.domain_files: " + bad +
                                     ": line 1: \"example..org\" is not a domain");
  BOOST_TEST(files.fault()[1] == "directory.domain_files: " + open +
                                     ": can be written by everybody; mend it with: chmod "
                                     "o-w " +
                                     open);
  BOOST_TEST(files.fault()[2].ends_with(
      ": cannot be opened: No such file or directory; make it, or take it from the list"));
  BOOST_TEST(files.fault()[3].ends_with(": is not a regular file; name another one"));
}

struct Watched {
  Watched() {
    file = rewrite("one.test\n");
    conf::DirectorySettings settings{};
    settings.domain_files = {file};
    files = DirectoryFiles::open(settings, clock).value();
  }
  std::string rewrite(const std::string& text) {
    return write(where, "domains", text, clock->today());
  }
  bool is_ours(const char* name) {
    return files->is_ours(Domain::parse(name).value(), any_deadline).value();
  }

  std::size_t count(std::string_view event) const {
    const auto texts = events.texts();
    return static_cast<std::size_t>(std::ranges::count_if(
        texts, [&](const std::string& text) { return text.starts_with(event); }));
  }

  TemporaryDirectory where;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::string file;
  std::shared_ptr<const DirectoryFiles> files;
  RecordedEvents events;
};

BOOST_FIXTURE_TEST_CASE(a_file_that_changed_is_read_again_within_a_second, Watched) {
  BOOST_TEST(is_ours("one.test"));
  rewrite("other.test\n");
  BOOST_TEST(is_ours("one.test"));  // nobody looked yet
  clock->advance(1s);
  BOOST_TEST(is_ours("other.test"));
  BOOST_TEST(!is_ours("one.test"));
  BOOST_TEST(count("directory.file_read") == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_gone_or_wrong_changes_nothing_and_is_told_once,
                        Watched) {
  std::filesystem::remove(file);
  for (int i = 0; i < 3; ++i) {
    clock->advance(1s);
    BOOST_TEST(is_ours("one.test"));
  }
  BOOST_TEST(count("directory.file_kept") == 1U);
  rewrite("a b\n c\n..\n");
  clock->advance(1s);
  BOOST_TEST(is_ours("one.test"));
  BOOST_TEST(count("directory.file_kept") == 2U);
  rewrite("three.test\n");
  clock->advance(1s);
  BOOST_TEST(is_ours("three.test"));
  BOOST_TEST(count("directory.file_read") == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_file_somebody_is_still_writing_waits, Watched) {
  std::ofstream{file} << "half.test\n";
  clock->advance(1s);
  set_time(file, clock->today() - 500ms);
  BOOST_TEST(is_ours("one.test"));
  clock->advance(1s);
  BOOST_TEST(is_ours("half.test"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
