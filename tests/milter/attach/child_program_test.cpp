// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/child_program.h"

#include <boost/test/unit_test.hpp>

namespace milterward::tests {
namespace {

using namespace attach;

std::vector<std::string> shell(const std::string& script) { return {"sh", "-c", script}; }

BOOST_AUTO_TEST_SUITE(program_that_answers)

BOOST_AUTO_TEST_CASE(its_output_is_the_answer) {
  BOOST_TEST(*answer_of(shell("echo to nobody >&2; printf 'a\\nb'")) == "a\nb");
  BOOST_TEST(answer_of(shell("read -r x || echo no input"))->starts_with("no input"));
}

BOOST_AUTO_TEST_CASE(what_it_complains_of_is_the_fault) {
  BOOST_TEST(answer_of(shell("echo half; echo 'is wrong' >&2; exit 3")).fault() ==
             "sh ended with 3: is wrong");
  BOOST_TEST(answer_of({"/nowhere/postconf"}).fault() ==
             "/nowhere/postconf cannot be run: No such file or directory");
  BOOST_TEST(answer_of(shell("kill -9 $$")).fault() == "sh died of signal 9");
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_cut_off) {
  BOOST_TEST(answer_of({"yes"}).fault() == "yes says more than can be read");
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_longer) {
  std::size_t octets = 0;
  const auto fault =
      stream_program(shell("head -c 6000000 /dev/zero"),
                     [&](std::string_view piece) { octets += piece.size(); });
  BOOST_TEST(!fault);
  BOOST_TEST(octets == 6000000);
  BOOST_TEST(stream_program({"false"}, [](std::string_view) {}).value_or("none") ==
             "false ended with 1: ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
