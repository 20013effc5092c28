// SPDX-License-Identifier: Apache-2.0
// Finding and opening the module of the libopendkim engine.
#include "policy/backends/opendkim_engine.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

namespace fs = std::filesystem;

conf::Complaint complaint_of(const std::vector<fs::path>& directories) {
  return backends::open_opendkim_module(directories).fault();
}

using milterward::tests::contains;

BOOST_AUTO_TEST_SUITE(opendkim_module)

BOOST_AUTO_TEST_CASE(is_found_beside_the_program) {
  const auto module = backends::open_opendkim_module();
  BOOST_REQUIRE(module.has_value());
  BOOST_TEST((*module)->build == MILTERWARD_VERSION);
  const auto engine = (*module)->make_engine(conf::BodyLength::whole);
  BOOST_TEST((engine.verifier && engine.signer));
}

BOOST_AUTO_TEST_CASE(the_first_directory_that_has_it_counts) {
  const TemporaryDirectory empty;
  auto directories = backends::module_directories();
  directories.insert(directories.begin(), empty.path());
  BOOST_TEST(backends::open_opendkim_module(directories).has_value());

  const TemporaryDirectory broken;
  std::ofstream{broken.path("milterward-opendkim.so")} << "no module";
  directories.insert(directories.begin(), broken.path());
  const auto complaint = complaint_of(directories);
  BOOST_TEST(complaint.wrong.starts_with(broken.path("milterward-opendkim.so") +
                                         " cannot be loaded: "),
             complaint.wrong);
  BOOST_TEST(contains(complaint.way_out, "libopendkim11"));
}

BOOST_AUTO_TEST_CASE(a_missing_one_is_said_to_be_in_a_package) {
  const TemporaryDirectory one, two;
  const auto complaint = complaint_of({one.path(), two.path()});
  BOOST_TEST(complaint.wrong ==
             "there is no milterward-opendkim.so in " + one.path() + " or " + two.path());
  BOOST_TEST(complaint.way_out ==
             "install the package milterward-opendkim, or write engine = \"native\"");
}

BOOST_AUTO_TEST_CASE(one_of_another_build_is_refused) {
  const auto complaint = complaint_of({MILTERWARD_FOREIGN_MODULE_DIR});
  BOOST_TEST(contains(complaint.wrong, "is of version 0.0.0-foreign, this is "),
             complaint.wrong);
  BOOST_TEST(contains(complaint.way_out, "of the same version"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
