// SPDX-License-Identifier: Apache-2.0
// Reports as they come: each file of tests/cases/feedback/samples is read, or refused for
// the reason that stands in samples.cases.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "policy/feedback/ingest.h"
#include "tests/policy/feedback/told.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using namespace std::chrono;

/// The samples are about 20 November 2026.
constexpr WallTime today = sys_days{2026y / 11 / 25};

BOOST_AUTO_TEST_SUITE(feedback_samples)

BOOST_DATA_TEST_CASE(a_sample_is_read_or_refused_for_its_reason,
                     read_cases("feedback/samples.cases"), c) {
  const auto octets = sample(c["sample"]);
  BOOST_TEST(told(feedback::ingest_anything(octets, {}, today)) == c["want"]);
}

BOOST_AUTO_TEST_CASE(every_sample_has_a_case) {
  std::set<std::string> known;
  for (const auto& c : read_cases("feedback/samples.cases")) known.insert(c["sample"]);
  std::size_t files = 0;
  for (const auto& file :
       std::filesystem::directory_iterator{MILTERWARD_TEST_CASES "/feedback/samples"}) {
    BOOST_TEST(known.contains(file.path().filename().string()),
               file.path().filename().string());
    ++files;
  }
  BOOST_TEST(files >= 40U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
