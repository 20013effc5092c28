// SPDX-License-Identifier: Apache-2.0
// Where new keys go: whose they are, who may read them, and that none is ever replaced.
#include "policy/backends/key_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "policy/backends/key_files.h"
#include "policy/sign/new_key.h"
#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

using backends::KeyDirectory;

constexpr gid_t some_group = 4242;  // nobody's
constexpr uid_t somebody = 4243;

const Domain& domain() {
  static const auto the_domain = Domain::parse("example.org").value();
  return the_domain;
}

struct stat state_of(const std::string& path) {
  struct stat state {};
  BOOST_REQUIRE_MESSAGE(::stat(path.c_str(), &state) == 0, path);
  return state;
}

unsigned mode_of(const std::string& path) { return state_of(path).st_mode & 07777U; }

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

struct Place {
  TemporaryDirectory directory;
  std::string path = directory.path("keys");
};

BOOST_FIXTURE_TEST_SUITE(key_directory, Place)

BOOST_AUTO_TEST_CASE(a_key_lies_under_its_domain_and_can_be_loaded) {
  KeyDirectory keys{path};
  const auto pem = sign::make_private_key(ports::SigningAlgorithm::ed25519_sha256).value();
  const auto file = keys.add(domain(), "2026a", pem.view());
  BOOST_REQUIRE(file.has_value());
  BOOST_TEST(*file == path + "/example.org/2026a.pem");
  BOOST_TEST(content_of(*file) == pem.view());
  BOOST_TEST(backends::KeyFiles{}.load(*file).has_value());
}

BOOST_AUTO_TEST_CASE(a_key_is_never_replaced) {
  KeyDirectory keys{path};
  const auto file = keys.add(domain(), "s", "the first").value();
  const auto again = keys.add(domain(), "s", "the second");
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST(again.fault().reason ==
             file + " exists, and no key is ever replaced; choose another selector");
  BOOST_TEST(content_of(file) == "the first");
}

BOOST_AUTO_TEST_CASE(nothing_but_the_key_is_left_behind) {
  KeyDirectory keys{path};
  keys.add(domain(), "s", "the first").value();
  BOOST_TEST(!keys.add(domain(), "s", "the second").has_value());
  using Entries = std::filesystem::directory_iterator;
  BOOST_TEST(std::distance(Entries{path + "/example.org"}, Entries{}) == 1);
}

BOOST_AUTO_TEST_CASE(a_key_can_be_taken_away_once_and_again) {
  KeyDirectory keys{path};
  const auto file = keys.add(domain(), "s", "a key").value();
  BOOST_TEST(!keys.remove(domain(), "s").has_value());
  BOOST_TEST(!std::filesystem::exists(file));
  BOOST_TEST(!keys.remove(domain(), "s").has_value());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_a_fault_that_names_it) {
  std::ofstream{path} << "no directory";
  KeyDirectory keys{path};
  const auto file = keys.add(domain(), "s", "a key");
  BOOST_REQUIRE(!file.has_value());
  BOOST_TEST(file.fault().reason == path + ": Not a directory");
}

BOOST_AUTO_TEST_CASE(a_link_in_the_place_of_a_domain_is_not_followed) {
  std::filesystem::create_directory(path);
  std::filesystem::create_directory(directory.path("elsewhere"));
  std::filesystem::create_symlink(directory.path("elsewhere"), path + "/example.org");
  KeyDirectory keys{path};
  BOOST_TEST(!keys.add(domain(), "s", "a key").has_value());
  BOOST_TEST(std::filesystem::is_empty(directory.path("elsewhere")));
}

BOOST_AUTO_TEST_CASE(others_see_nothing) {
  KeyDirectory keys{path};
  const auto file = keys.add(domain(), "s", "a key").value();
  BOOST_TEST(mode_of(file) == 0600U);
  BOOST_TEST(mode_of(path + "/example.org") == 0700U);
  BOOST_TEST(mode_of(path) == 0700U);
}

BOOST_AUTO_TEST_CASE(keys_of_root_can_be_read_by_the_group_of_the_daemon) {
  if (::geteuid() != 0) return;  // only root can give anything away
  KeyDirectory keys{path, some_group};
  const auto file = keys.add(domain(), "s", "a key").value();
  BOOST_TEST(mode_of(file) == 0640U);
  for (const auto& made : {file, path + "/example.org", path}) {
    BOOST_TEST(state_of(made).st_uid == 0U);
    BOOST_TEST(state_of(made).st_gid == some_group);
  }
  BOOST_TEST(mode_of(path) == 0750U);
}

BOOST_AUTO_TEST_CASE(what_root_makes_in_a_directory_of_somebody_is_his) {
  if (::geteuid() != 0) return;  // only root can give anything away
  std::filesystem::create_directory(path);
  BOOST_REQUIRE(::chown(path.c_str(), somebody, some_group) == 0);
  KeyDirectory keys{path, some_group + 1};
  const auto file = keys.add(domain(), "s", "a key").value();
  for (const auto& made : {file, path + "/example.org"}) {
    BOOST_TEST(state_of(made).st_uid == somebody);
    BOOST_TEST(state_of(made).st_gid == some_group);
  }
  BOOST_TEST(mode_of(file) == 0600U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
