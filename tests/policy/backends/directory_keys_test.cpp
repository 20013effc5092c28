// SPDX-License-Identifier: Apache-2.0
// Keys of a domain in DIRECTORY/DOMAIN/SELECTOR.pem.
#include "policy/backends/directory_keys.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "policy/backends/key_directory.h"
#include "policy/base/clock.h"
#include "policy/sign/new_key.h"
#include "tests/milter/temporary_directory.h"

namespace milterward::tests {
namespace {

using backends::DirectoryKeys;
using Keys = std::vector<ports::DomainKey>;
namespace fs = std::filesystem;

Domain domain(std::string_view name) { return Domain::parse(name).value(); }

struct Cabinet {
  Cabinet() { fs::create_directory(path); }

  void add(std::string_view name, std::string_view selector) {
    writer
        .add(domain(name), selector,
             sign::make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view())
        .value();
  }
  Keys keys_of(std::string_view name, const Keys& former = {}) {
    auto keys = reader.keys_of(domain(name), former, Deadline{SystemClock{}.now()});
    BOOST_REQUIRE_MESSAGE(keys.has_value(), name);
    return *keys;
  }
  /// "s1 s2!", with a mark at those that cannot be used.
  static std::string brief(const Keys& keys) {
    std::string text;
    for (const auto& key : keys)
      text += (text.empty() ? "" : " ") + key.selector + (key.key ? "" : "!");
    return text;
  }

  TemporaryDirectory directory;
  std::string path = directory.path("keys");
  backends::KeyDirectory writer{path};
  DirectoryKeys reader{path};
};

BOOST_FIXTURE_TEST_SUITE(directory_keys, Cabinet)

BOOST_AUTO_TEST_CASE(a_domain_has_the_keys_in_its_directory) {
  add("example.org", "s2");
  add("example.org", "a.b");
  add("example.net", "s3");
  BOOST_TEST(brief(keys_of("example.org")) == "a.b s2");
  BOOST_TEST(brief(keys_of("example.com")) == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_key_file_is_passed_over) {
  add("example.org", "s1");
  for (const auto* name : {".s2.pem", "s3.pem.old", "s4.txt", "s 5.pem", ".pem"})
    std::ofstream{path + "/example.org/" + name} << "x";
  BOOST_TEST(brief(keys_of("example.org")) == "s1");
}

BOOST_AUTO_TEST_CASE(a_broken_key_is_one_answer_among_others) {
  add("example.org", "s1");
  std::ofstream{path + "/example.org/s2.pem"} << "no key";
  add("example.org", "s3");
  ::chmod((path + "/example.org/s3.pem").c_str(), 0644);
  BOOST_TEST(brief(keys_of("example.org")) == "s1 s2! s3!");
}

BOOST_AUTO_TEST_CASE(a_key_that_did_not_change_is_the_same_object) {
  add("example.org", "s1");
  add("example.org", "s2");
  const auto before = keys_of("example.org");
  const auto s2 = path + "/example.org/s2.pem";
  fs::remove(s2);
  add("example.org", "s2");
  const auto after = keys_of("example.org", before);
  BOOST_TEST(brief(after) == "s1 s2");
  BOOST_TEST(after[0].key.value() == before[0].key.value());
  BOOST_TEST(after[1].key.value() != before[1].key.value());
}

BOOST_AUTO_TEST_CASE(a_file_with_the_name_of_a_domain_holds_none) {
  std::ofstream{path + "/example.org"} << "a key laid out in another way";
  BOOST_TEST(brief(keys_of("example.org")) == "");
}

BOOST_AUTO_TEST_CASE(domains_may_share_a_directory_by_a_link) {
  add("example.org", "s1");
  fs::create_directory_symlink("example.org", path + "/example.net");
  BOOST_TEST(brief(keys_of("example.net")) == "s1");
}

BOOST_AUTO_TEST_CASE(while_the_directory_is_away_nobody_knows) {
  fs::remove(path);
  const auto keys =
      reader.keys_of(domain("example.org"), {}, Deadline{SystemClock{}.now()});
  BOOST_REQUIRE(!keys.has_value());
  BOOST_TEST(keys.fault().reason ==
             path + ": No such file or directory; let the daemon's user read it");
  BOOST_TEST(reader.trouble().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
