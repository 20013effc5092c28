// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/line_diff.h"

#include <boost/test/unit_test.hpp>

namespace milterward::tests {
namespace {

using attach::line_diff;

BOOST_AUTO_TEST_SUITE(difference_of_lines)

BOOST_AUTO_TEST_CASE(equal_texts_have_none) {
  BOOST_TEST(line_diff("f", "a\n", "a\n") == "");
}

BOOST_AUTO_TEST_CASE(shows_changes_with_three_lines_around) {
  BOOST_TEST(
      line_diff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n") ==
      "--- f\n+++ f, as it would be\n"
      "@@ -2,8 +2,9 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n+10\n");
}

BOOST_AUTO_TEST_CASE(what_is_far_apart_stands_apart) {
  BOOST_TEST(line_diff("f", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\n") ==
             "--- f\n+++ f, as it would be\n"
             "@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-b\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_empty) {
  BOOST_TEST(line_diff("f", "", "a\n") ==
             "--- f\n+++ f, as it would be\n@@ -1,0 +1,1 @@\n+a\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
