// SPDX-License-Identifier: Apache-2.0
// A short text in a file.
#include "policy/backends/whole_state_file.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

BOOST_AUTO_TEST_SUITE(whole_state_file)

BOOST_AUTO_TEST_CASE(holds_what_was_written_last_for_its_user_alone) {
  const TemporaryDirectory directory;
  backends::WholeStateFile file{directory.path("state")};
  BOOST_TEST(file.read(10).value() == "");
  BOOST_TEST(!file.write("one").has_value());
  BOOST_TEST(!file.write("two").has_value());
  BOOST_TEST(backends::WholeStateFile{directory.path("state")}.read(10).value() == "two");
  struct stat status {};
  BOOST_REQUIRE(::stat(file.place().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0600U);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(says_what_stands_in_the_way) {
  const TemporaryDirectory directory;
  backends::WholeStateFile nowhere{directory.path("no/state")};
  BOOST_TEST(nowhere.write("one").value() == "No such file or directory");
  backends::WholeStateFile file{directory.path("state")};
  BOOST_TEST(!file.write("0123456789").has_value());
  BOOST_TEST(file.read(9).fault() == "it is too long");
  BOOST_TEST(file.read(10).value() == "0123456789");
  backends::WholeStateFile itself{directory.path()};
  BOOST_TEST(itself.read(10).fault() == "Is a directory");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
