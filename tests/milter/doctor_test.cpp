// SPDX-License-Identifier: Apache-2.0
// `milterward doctor DOMAIN`: what it prints and how it ends. What it finds is in
// tests/policy/doctor.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/milter/daemon_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

// The Ed25519 key of RFC 8463 appendix A.
constexpr auto private_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

constexpr auto healthy_zone = R"(home.test MX 10 mx.home.test
home.test TXT "v=spf1 mx -all"
mx.home.test A 192.0.2.10
s1._domainkey.home.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_dmarc.home.test TXT v=DMARC1; p=reject; rua=mailto:dmarc@home.test
_mta-sts.home.test TXT v=STSv1; id=1
mta-sts.home.test A 192.0.2.20
_smtp._tls.home.test TXT v=TLSRPTv1; rua=mailto:tls@home.test
10.2.0.192.in-addr.arpa PTR mx.home.test
)";

struct Practice {
  explicit Practice(const std::string& more_zone = "",
                    const std::string& more_config = "") {
    put("key.pem", private_key);
    ::chmod(directory.path("key.pem").c_str(), 0600);
    put("conf.toml", "[[sign.key]]\ndomain = \"home.test\"\nselector = \"s1\"\nfile = \"" +
                         directory.path("key.pem") + "\"\n" + more_config);
    put("zone", healthy_zone + more_zone);
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream{directory.path(name), std::ios::binary} << text;
  }
  Finished examine(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"doctor", "--config", directory.path("conf.toml"),
                                         "--zone", directory.path("zone")});
    return run_binary(arguments);
  }
  TemporaryDirectory directory;
};

using milterward::tests::contains;

BOOST_AUTO_TEST_SUITE(doctor_command)

BOOST_AUTO_TEST_CASE(a_healthy_domain_takes_one_line_and_ends_with_0) {
  const auto finished = Practice{}.examine({"home.test", "--ip", "192.0.2.10"});
  BOOST_TEST(finished.output == "home.test: healthy\n");
  BOOST_TEST(finished.code == 0);
}

BOOST_AUTO_TEST_CASE(a_fault_is_told_with_why_and_the_record_to_publish) {
  const auto finished =
      Practice{"home.test TXT \"v=spf1 a ~all\"\n"}.examine({"Home.Test."});
  BOOST_TEST(finished.code == 2);
  BOOST_TEST(
      finished.output.starts_with("home.test: 1 fault\n\nFAULT  spf.several_records\n"),
      finished.output);
  BOOST_TEST(contains(finished.output, "\n  what:    there are 2 SPF records\n"));
  BOOST_TEST(contains(finished.output, "\n  why:     With two records SPF is a permerror"));
  BOOST_TEST(
      contains(finished.output, "\n  publish: home.test. IN TXT \"v=spf1 mx a ~all\"\n"));
}

BOOST_AUTO_TEST_CASE(what_could_not_be_checked_ends_with_3_and_comes_before_advice) {
  const auto finished =
      Practice{"_dmarc.home.test TIMEOUT\n"}.examine({"home.test", "--dnsbl", "bl.test"});
  BOOST_TEST(finished.code == 3);
  BOOST_TEST(finished.output.starts_with("home.test: 1 could not be checked\n"),
             finished.output);
  BOOST_TEST(contains(finished.output, "NOT CHECKED  dmarc.unanswered\n"));
}

BOOST_AUTO_TEST_CASE(advice_alone_is_health) {
  const Practice practice;
  practice.put("zone", std::string{healthy_zone}.substr(
                           0, std::string{healthy_zone}.find("_smtp._tls")));
  const auto finished = practice.examine({"home.test"});
  BOOST_TEST(finished.code == 0);
  BOOST_TEST(finished.output.starts_with("home.test: healthy, 1 piece of advice\n"),
             finished.output);
}

BOOST_AUTO_TEST_CASE(lists_of_the_configuration_and_of_the_command_line_are_asked) {
  const auto listed =
      "10.2.0.192.bl.test A 127.0.0.2\n10.2.0.192.other.test A 127.0.0.3\n"
      "10.2.0.192.wl.test A 127.0.0.2\n";
  const Practice practice{listed,
                          "[[dnsbl.list]]\nzone = \"bl.test\"\n"
                          "[[dnsbl.list]]\nzone = \"wl.test\"\nkind = \"allow\"\n"};
  const auto finished = practice.examine(
      {"home.test", "--ip", "192.0.2.10", "--dnsbl", "other.test", "--dnsbl", "bl.test"});
  BOOST_TEST(finished.code == 2);
  BOOST_TEST(contains(finished.output, "home.test: 2 faults\n"), finished.output);
  BOOST_TEST(contains(finished.output, "192.0.2.10 is listed at bl.test (127.0.0.2)"));
  BOOST_TEST(contains(finished.output, "192.0.2.10 is listed at other.test (127.0.0.3)"));
}

BOOST_AUTO_TEST_CASE(json_says_the_same_for_monitoring) {
  const auto finished =
      Practice{"home.test TXT \"v=spf1 a ~all\"\n"}.examine({"home.test", "--json"});
  BOOST_TEST(finished.code == 2);
  for (const auto* part :
       {"\"patient\": \"home.test\"", "\"verdict\": \"faulty\"", "\"fault\": 1",
        "\"kind\": \"spf.several_records\"", "\"subject\": \"spf\"",
        "\"severity\": \"fault\"", "\"data\": \"v=spf1 mx a ~all\"",
        "\"zone_line\": \"home.test. IN TXT \\\"v=spf1 mx a ~all\\\"\""})
    BOOST_TEST(contains(finished.output, part), part << " in " << finished.output);
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_read_is_named) {
  const Practice practice;
  ::chmod(practice.directory.path("key.pem").c_str(), 0644);
  const auto finished = practice.examine({"home.test"});
  BOOST_TEST(finished.code == 2);
  BOOST_TEST(contains(finished.output, "dkim.key_unusable"), finished.output);
  BOOST_TEST(contains(finished.output, practice.directory.path("key.pem")));
}

BOOST_AUTO_TEST_CASE(arguments_that_mean_nothing_are_named) {
  const Practice practice;
  const auto told = [&](const std::vector<std::string>& arguments) {
    const auto finished = practice.examine(arguments);
    return std::to_string(finished.code) + " " + finished.output;
  };
  BOOST_TEST(told({"home..test"}) == "64 milterward: home..test: not a domain\n");
  BOOST_TEST(told({"home"}) == "64 milterward: home: not a domain\n");
  BOOST_TEST(told({"home.test", "--ip", "192.0.2"}) ==
             "64 milterward: --ip 192.0.2: not an IP address\n");
  BOOST_TEST(told({"home.test", "--selector", "a b"}) ==
             "64 milterward: --selector a b: not a name\n");
  BOOST_TEST(told({"home.test", "--dnsbl", ""}).starts_with("64 milterward: --dnsbl "));
  practice.put("zone", "home.test SPF x\n");
  BOOST_TEST(told({"home.test"}).starts_with("1 milterward: "));
}

BOOST_AUTO_TEST_CASE(an_option_of_another_patient_is_refused) {
  const auto told = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "doctor");
    const auto finished = run_binary(arguments);
    return std::to_string(finished.code) + " " + finished.output;
  };
  BOOST_TEST(contains(told({"postfix", "--ip", "192.0.2.1"}), "--ip: is not for postfix"));
  BOOST_TEST(contains(told({"sendmail", "--zone", "z"}), "--zone: is not for sendmail"));
  BOOST_TEST(contains(told({"postfix", "--cf", "f"}), "--cf: is not for postfix"));
  BOOST_TEST(contains(told({"a.test", "--socket", "s"}), "--socket: is not for a.test"));
  BOOST_TEST(told({"a.test", "--config-dir", "d"}).starts_with("64 "));
}

BOOST_AUTO_TEST_CASE(a_sendmail_without_our_filter_is_told_the_line) {
  const Practice practice{"", "[milter]\nsocket = \"inet:1@127.0.0.1\"\n"};
  practice.put("sendmail.cf", "O InputMailFilters=\n");
  const auto finished =
      run_binary({"doctor", "sendmail", "--config", practice.directory.path("conf.toml"),
                  "--cf", practice.directory.path("sendmail.cf")});
  BOOST_TEST(finished.code == 2, finished.output);
  BOOST_TEST(contains(finished.output, "write:   sendmail.mc: INPUT_MAIL_FILTER("),
             finished.output);
  BOOST_TEST(contains(finished.output, "mta.nobody_listens"), finished.output);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
