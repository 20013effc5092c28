// SPDX-License-Identifier: Apache-2.0
// The files the daemon writes: the secret of the trace header and the facts.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "policy/backends/facts_file.h"
#include "policy/backends/trace_secret_file.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::backends;
using milterward::tests::TemporaryDirectory;

namespace {

std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::string fault_of(const std::string& path) {
  const auto secret = load_or_make_trace_secret(path);
  return secret ? "none" : secret.fault();
}

using milterward::tests::contains;

}  // namespace

BOOST_AUTO_TEST_SUITE(daemon_files)

BOOST_AUTO_TEST_CASE(a_missing_secret_is_made_private_and_stays_the_same) {
  const TemporaryDirectory directory;
  const auto path = directory.path("trace.key");
  const auto made = load_or_make_trace_secret(path);
  BOOST_REQUIRE(made.has_value());
  BOOST_TEST(mode_of(path) == 0600U);
  BOOST_TEST(content(path).size() == 65U);
  const auto read = load_or_make_trace_secret(path);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == *made));
  BOOST_TEST((*made != sign::TraceSecret{}));
  const auto files = std::filesystem::directory_iterator{directory.path()};
  BOOST_TEST(std::distance(begin(files), end(files)) == 1);
}

BOOST_AUTO_TEST_CASE(a_secret_others_can_read_is_refused_with_the_cure) {
  const TemporaryDirectory directory;
  const auto path = directory.path("trace.key");
  BOOST_REQUIRE(load_or_make_trace_secret(path).has_value());
  ::chmod(path.c_str(), 0644);
  BOOST_TEST(contains(fault_of(path), "chmod 0600 " + path));
  ::chmod(path.c_str(), 0640);  // root:milterward
  BOOST_TEST(fault_of(path) == "none");
}

BOOST_AUTO_TEST_CASE(a_file_that_holds_no_secret_is_not_overwritten) {
  const TemporaryDirectory directory;
  const auto path = directory.path("trace.key");
  for (const auto* text : {"", "0123", "zz",
                           "not hexadecimal, though of the full length: "
                           "0123456789abcdefghij"}) {
    std::ofstream{path} << text;
    ::chmod(path.c_str(), 0600);
    BOOST_TEST(contains(fault_of(path), "64 hexadecimal digits"));
    BOOST_TEST(content(path) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_said_to_be_missing) {
  BOOST_TEST(contains(fault_of("/nonexistent/trace.key"), "its directory must exist"));
}

BOOST_AUTO_TEST_CASE(facts_are_appended) {
  const TemporaryDirectory directory;
  const auto path = directory.path("facts");
  for (const auto* stanza : {"name: a\n\n", "name: b\n\n"}) {
    const auto file = FactsFile::open(path);
    BOOST_REQUIRE(file.has_value());
    (*file)->append(stanza);
  }
  BOOST_TEST(content(path) == "name: a\n\nname: b\n\n");
  BOOST_TEST(mode_of(path) == (0640U & ~[] {
               const auto mask = ::umask(0);
               ::umask(mask);
               return mask;
             }()));
}

BOOST_AUTO_TEST_CASE(facts_that_cannot_be_opened_name_the_file) {
  const auto file = FactsFile::open("/nonexistent/facts");
  BOOST_REQUIRE(!file.has_value());
  BOOST_TEST(contains(file.fault(), "/nonexistent/facts"));
}

BOOST_AUTO_TEST_SUITE_END()
