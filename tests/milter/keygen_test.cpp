// SPDX-License-Identifier: Apache-2.0
// `milterward keygen`: what it prints can be published as it stands, and the key it made
// signs under it.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/milter/daemon_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

using namespace milterward::tests;
using Json = nlohmann::json;

namespace {

struct Workshop {
  Workshop() { std::ofstream{path("conf.toml")} << "[daemon]\nuser = \"root\"\n"; }
  std::string path(const std::string& name) const { return directory.path(name); }
  Finished keygen(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"keygen", "--directory", path("keys"), "--config",
                                         path("conf.toml")});
    return run_binary(arguments);
  }
  /// Signs with the key and evaluates against what keygen printed for a zone file.
  std::string result_of(const Json& key) const {
    const std::string domain = key["domain"];
    std::ofstream{path("zone")} << key["zone"].get<std::string>();
    std::ofstream{path("mail.eml")} << "From: joe@" << domain << "\nSubject: hello\n\nHi\n";
    const auto mail =
        run_binary({"sign", "--config", path("conf.toml"), "--domain", domain, "--selector",
                    key["selector"], "--key", key["file"], path("mail.eml")});
    BOOST_REQUIRE_MESSAGE(mail.code == 0, mail.output);
    std::ofstream{path("signed.eml")} << mail.output;
    return run_binary({"evaluate", "--config", path("conf.toml"), "--zone", path("zone"),
                       "--ip", "192.0.2.1", "--sender", "joe@" + domain,
                       path("signed.eml")})
        .output;
  }
  TemporaryDirectory directory;
};

using milterward::tests::contains;

BOOST_FIXTURE_TEST_SUITE(keygen, Workshop)

BOOST_AUTO_TEST_CASE(both_kinds_are_made_and_verify_as_published) {
  const auto finished = keygen({"EXÄMPLE.org", "--selector", "2026a", "--json"});
  BOOST_REQUIRE_MESSAGE(finished.code == 0, finished.output);
  const auto keys = Json::parse(finished.output);
  BOOST_REQUIRE(keys.size() == 2U);
  BOOST_TEST(keys[0]["algorithm"] == "rsa-sha256");
  BOOST_TEST(keys[0]["bits"] == 2048);
  BOOST_TEST(keys[0]["name"] == "2026a._domainkey.xn--exmple-cua.org");
  BOOST_TEST(keys[1]["algorithm"] == "ed25519-sha256");
  BOOST_TEST(keys[1]["selector"] == "2026ae");
  for (const auto& key : keys) {
    BOOST_TEST(std::filesystem::exists(key["file"].get<std::string>()));
    const auto found = result_of(key);
    BOOST_TEST(contains(found, "dkim=pass"), found);
  }
}

BOOST_AUTO_TEST_CASE(the_text_shows_both_forms_and_the_configuration) {
  const auto finished = keygen({"example.org", "--selector", "a.b", "--type", "rsa"});
  BOOST_REQUIRE_MESSAGE(finished.code == 0, finished.output);
  for (const auto* part :
       {"a.b._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p=", "\"\n\t\"",
        "  name   a.b._domainkey.example.org\n  value  v=DKIM1; k=rsa; p=",
        "[[sign.key]]\ndomain = \"example.org\"\nselector = \"a.b\"\nfile = "})
    BOOST_TEST(contains(finished.output, part), finished.output);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_named_is_listed_with_what_dns_shows) {
  const auto key = Json::parse(
      keygen({"example.org", "--selector", "s", "--type", "ed25519", "--json"}).output)[0];
  std::ofstream{path("named.toml")}
      << "[daemon]\nuser = \"root\"\n[[sign.key]]\ndomain = \"example.org\"\n"
         "selector = \"s\"\nfile = "
      << key["file"] << "\n[[sign.key]]\ndomain = \"other.example\"\nselector = \"t\"\n"
      << "file = \"" << path("none.pem") << "\"\n";
  std::ofstream{path("zone")} << key["zone"].get<std::string>();
  std::ofstream{path("empty")} << "";
  const auto keys = [&](const char* action, const char* zone, const char* domain) {
    return run_binary(
        {"keys", action, "--config", path("named.toml"), "--zone", path(zone), domain});
  };
  const auto shown = keys("check", "zone", "example.org");
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(shown.output ==
             "example.org s named, ed25519-sha256 of 256 bits, in DNS: shown\n");
  const auto hidden = keys("check", "empty", "example.org");
  BOOST_TEST(hidden.code == 1);
  BOOST_TEST(contains(hidden.output, "in DNS: missing\ns._domainkey.example.org. IN TXT"),
             hidden.output);
  BOOST_TEST(keys("list", "empty", "example.org").code == 0);
  const auto unusable = keys("check", "zone", "other.example");
  BOOST_TEST(unusable.code == 1);
  BOOST_TEST(contains(unusable.output, "other.example t named, cannot be used: "),
             unusable.output);
  BOOST_TEST(keys("rotate", "zone", "example.org").code == 78);
}

BOOST_AUTO_TEST_CASE(without_a_selector_it_is_of_today) {
  const auto keys =
      Json::parse(keygen({"example.org", "--type", "ed25519", "--json"}).output);
  const std::string selector = keys.at(0)["selector"];
  BOOST_TEST(selector.size() == 8U);
  BOOST_TEST(selector.starts_with("20"));
}

BOOST_AUTO_TEST_CASE(a_selector_that_has_a_key_leaves_everything_as_it_was) {
  BOOST_TEST(keygen({"example.org", "--selector", "se", "--type", "ed25519"}).code == 0);
  const auto again = keygen({"example.org", "--selector", "s"});
  BOOST_TEST(again.code == 1);
  BOOST_TEST(contains(again.output, "example.org/se.pem exists"), again.output);
  BOOST_TEST(!std::filesystem::exists(path("keys/example.org/s.pem")));
}

BOOST_AUTO_TEST_CASE(what_is_no_domain_or_selector_is_wrong_usage) {
  BOOST_TEST(keygen({"exa mple.org"}).code == 64);
  BOOST_TEST(keygen({"example.org", "--selector", "../a"}).code == 64);
  BOOST_TEST(keygen({"example.org", "--bits", "1024"}).code == 64);
  BOOST_TEST(keygen({std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                         std::string(60, 'c') + "." + std::string(50, 'd') + ".org",
                     "--selector", "2026a"})
                 .code == 64);
  BOOST_TEST(!std::filesystem::exists(path("keys")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
