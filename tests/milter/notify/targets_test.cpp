// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/targets.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "tests/milter/temporary_directory.h"
#include "tests/support/configuration.h"

using namespace milterward;
using namespace milterward::notify;

namespace {

struct Files {
  tests::TemporaryDirectory directory;

  std::string make(const std::string& name, const std::string& content, mode_t mode) const {
    const auto path = directory.path(name);
    std::ofstream{path} << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
};

/// All that is wrong with it, or "".
std::string faults_of(const std::string& settings) {
  const auto config = tests::configuration_from("[notify]\n" + settings);
  std::string texts;
  for (const auto& problem : unusable_targets(config))
    texts += problem.key + ": " + problem.wrong + "\n";
  return texts;
}

std::string faults_of_hook(const std::string& path) {
  return faults_of("hook = \"" + path + "\"\n");
}

std::string faults_of_token(const std::string& path) {
  return faults_of("webhook = \"http://127.0.0.1/\"\nwebhook_token_file = \"" + path +
                   "\"\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(targets)

BOOST_AUTO_TEST_CASE(a_hook_is_a_program_that_only_some_can_change) {
  const Files files;
  const auto hook = files.make("hook", "#!/bin/sh\n", 0755);
  BOOST_TEST(faults_of("") == "");
  BOOST_TEST(faults_of_hook(hook) == "");
  ::chmod(hook.c_str(), 0644);
  BOOST_TEST(faults_of_hook(hook) == "notify.hook: " + hook + ": Permission denied\n");
  ::chmod(hook.c_str(), 0757);
  BOOST_TEST(faults_of_hook(hook) ==
             "notify.hook: " + hook + " can be written by everybody\n");
  const auto missing = files.directory.path("missing");
  BOOST_TEST(faults_of_hook(missing) ==
             "notify.hook: " + missing + ": No such file or directory\n");
  const auto& directory = files.directory.path();
  BOOST_TEST(faults_of_hook(directory) == "notify.hook: " + directory + " is not a file\n");
}

BOOST_AUTO_TEST_CASE(the_program_that_publishes_keys_is_looked_at_with_place_and_way_out) {
  const Files files;
  const auto problems_with = [&](const std::string& path) {
    std::string texts;
    for (const auto& problem : unusable_targets(tests::configuration_from(
             "[sign]\ndirectory = \"/keys\"\nrotate_every = \"2160h\"\npublish_hook = \"" +
             path + "\"\n")))
      texts += conf::to_text(problem) + "\n";
    return texts;
  };
  const auto hook = files.make("publish", "#!/bin/sh\n", 0755);
  BOOST_TEST(problems_with(hook) == "");
  ::chmod(hook.c_str(), 0644);
  const auto unusable = problems_with(hook);
  for (const auto& part : {std::string{":4:"}, std::string{"sign.publish_hook"},
                           hook + ": Permission denied", "chmod 0755 " + hook})
    BOOST_TEST(unusable.find(part) != std::string::npos, part << " in " << unusable);
  const auto missing = problems_with(files.directory.path("missing"));
  BOOST_TEST(
      missing.find("missing: No such file or directory; make it") != std::string::npos,
      missing);
}

BOOST_AUTO_TEST_CASE(a_token_is_one_line_that_others_cannot_read) {
  const Files files;
  const auto token = files.make("token", "abc.DEF-123==\n", 0600);
  BOOST_TEST(read_token(token).value() == "abc.DEF-123==");
  BOOST_TEST(faults_of_token(token) == "");
  for (const mode_t mode : {0644, 0620, 0602}) {
    ::chmod(token.c_str(), mode);
    BOOST_TEST(faults_of_token(token) == "notify.webhook_token_file: " + token +
                                             " can be read or written by others\n");
  }
  const auto missing = files.directory.path("missing");
  BOOST_TEST(faults_of_token(missing) ==
             "notify.webhook_token_file: " + missing + ": No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(what_could_become_a_header_field_of_its_own_is_no_token) {
  const Files files;
  for (const std::string content :
       {"", "\n", "a b", "a\nX-Other: b", "a\rb", "caf\xc3\xa9"}) {
    const auto token = files.make("token", content, 0600);
    BOOST_TEST(faults_of_token(token) == "notify.webhook_token_file: " + token +
                                             " does not hold one line with a token\n");
  }
  const auto& directory = files.directory.path();
  BOOST_TEST(faults_of_token(directory) == "notify.webhook_token_file: " + directory +
                                               " does not hold one line with a token\n");
}

BOOST_AUTO_TEST_SUITE_END()
