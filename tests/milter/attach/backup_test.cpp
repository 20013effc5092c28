// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

using namespace attach;

WholeFile mine(const std::string& text, mode_t mode = 0640) {
  return {text, mode, ::geteuid(), ::getegid()};
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

BOOST_AUTO_TEST_SUITE(backup_beside_main_cf)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  const TemporaryDirectory directory;
  const Backup written{"unix:m.sock",
                       {mine("main\xff\r\n"), mine("master", 0600)},
                       {mine("main 2"), mine("master 2")},
                       {{"", "smtpd_milters", {}, "unix:m.sock", ""},
                        {"smtp/inet", "x", "K\xc3\xb6ln", {}, ""}},
                       {"milterward"}};
  BOOST_TEST(!write_backup(directory.path(), written));
  const auto read = read_backup(directory.path());
  BOOST_REQUIRE(read.has_value());
  BOOST_REQUIRE(read->has_value());
  const auto& backup = **read;
  BOOST_TEST(backup.address == "unix:m.sock");
  BOOST_TEST(backup.before.main.text == "main\xff\r\n");
  BOOST_TEST(backup.before.main.mode == 0640U);
  BOOST_TEST(backup.before.master.mode == 0600U);
  BOOST_TEST((backup.changes == written.changes));
  BOOST_TEST((backup.groups == written.groups));
  BOOST_TEST(backup.leads_back_from({mine("main 2"), mine("master 2")}));
  BOOST_TEST(!backup.leads_back_from({mine("main 2"), mine("master 3")}));
  BOOST_TEST(mode_of(backup_directory(directory.path())) == 0700U);
  BOOST_TEST(!remove_backup(directory.path()));
  BOOST_TEST(!std::filesystem::exists(backup_directory(directory.path())));
  BOOST_TEST(!read_backup(directory.path())->has_value());
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_as_a_whole_with_its_mode) {
  const TemporaryDirectory directory;
  const auto path = directory.path("main.cf");
  std::ofstream{path} << "old";
  BOOST_TEST(!replace(path, mine("new", 0604)));
  BOOST_TEST(read_whole(path)->text == "new");
  BOOST_TEST(mode_of(path) == 0604U);
  BOOST_TEST(replace(directory.path("nowhere/main.cf"), mine("new")).has_value());
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_not_read) {
  const TemporaryDirectory directory;
  BOOST_TEST(!read_whole(directory.path()));
  BOOST_TEST(!read_whole(directory.path("nothing")));
  std::filesystem::create_directory(backup_directory(directory.path()));
  std::ofstream{backup_directory(directory.path()) + "/changes.json"} << "{\"version\":1";
  BOOST_TEST(!read_backup(directory.path()));
}

BOOST_AUTO_TEST_CASE(of_two_attachments_the_first_value_and_the_last_count) {
  const std::vector<Change> first{{"", "a", {}, "1", ""}, {"", "b", "0", "1", ""}};
  const std::vector<Change> second{{"", "b", "1", "2", ""}, {"s", "b", "1", "2", ""}};
  const std::vector<Change> wanted{
      {"", "a", {}, "1", ""}, {"", "b", "0", "2", ""}, {"s", "b", "1", "2", ""}};
  BOOST_TEST((joined(first, second) == wanted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
