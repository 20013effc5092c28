// SPDX-License-Identifier: Apache-2.0
// The commands that look at mail by hand: spf, evaluate and sign, against zone files.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "milter/commands/files.h"
#include "milter/commands/key_options.h"
#include "policy/base/ascii.h"
#include "policy/mail/message_text.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/temporary_directory.h"
#include "tests/support/contains.h"

using namespace milterward::tests;

namespace {

// The Ed25519 key of RFC 8463 appendix A.
constexpr auto private_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

constexpr auto zone = R"(; what the world publishes
example.org.                3600 IN TXT "v=spf1 " "include:mail.test -all"
mail.test                   TXT  v=spf1 mx a:gone.test ~all
mail.test                   MX   10 mx.mail.test
mx.mail.test                A    192.0.2.1
_dmarc.example.org          TXT  v=DMARC1; p=reject
1.2.0.192.in-addr.arpa      PTR  mx.mail.test
s1._domainkey.example.org   TXT  "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
slow.test                   TIMEOUT
)";

constexpr auto message =
    "Received: from mx.mail.test (mx.mail.test [192.0.2.1])\n"
    "\tby mx.home.test; Mon, 1 Jan 2026 00:00:00 +0000\n"
    "From: Alice <alice@example.org>\n"
    "To: bob@home.test\n"
    "Subject: hello\n"
    "Date: Mon, 1 Jan 2026 00:00:00 +0000\n"
    "Message-ID: <1@example.org>\n"
    "\n"
    "Hi Bob\n";

struct Desk {
  Desk() {
    put("zone", zone);
    put("mail.eml", message);
    put("key.pem", private_key);
    ::chmod(path("key.pem").c_str(), 0600);
    put("conf.toml",
        "[authres]\nauthserv_id = \"mx.home.test\"\n"
        "[relay]\nmode = \"enforce\"\ndomains = [\"home.test\"]\n"
        "[[sign.key]]\ndomain = \"example.org\"\nselector = \"s1\"\nfile = \"" +
            path("key.pem") +
            "\"\n"
            "[[directory.account]]\nlogin = \"alice\"\nmay_use = [\"example.org\"]\n");
  }
  std::string path(const std::string& name) const { return directory.path(name); }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream{path(name), std::ios::binary} << text;
  }
  /// `command` with the configuration, and with the zone where it can be given.
  Finished run(const std::string& command, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {command, "--config", path("conf.toml")});
    if (command != "sign") arguments.insert(arguments.end(), {"--zone", path("zone")});
    return run_binary(arguments);
  }
  TemporaryDirectory directory;
};

using milterward::tests::contains;

void check_has(const Finished& finished, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    BOOST_TEST(contains(finished.output, part), part << " not in:\n" << finished.output);
}

/// A key of other.test on the command line, and what else.
std::vector<std::string> with_key(const Desk& desk, std::vector<std::string> further) {
  further.insert(further.begin(), {"--domain", "other.test", "--selector", "s9", "--key",
                                   desk.path("key.pem")});
  return further;
}

/// The tags of the signature on top of the output, without white space.
std::map<std::string, std::string> signature_on_top(const Finished& signing) {
  BOOST_REQUIRE_MESSAGE(signing.output.starts_with("DKIM-Signature:"), signing.output);
  const auto signed_mail = milterward::parse_message(signing.output);
  std::map<std::string, std::string> tags;
  for (const auto tag : milterward::split(signed_mail.headers.front().value, ';')) {
    const auto equals = tag.find('=');
    std::string value{tag.substr(std::min(equals, tag.size() - 1) + 1)};
    std::erase_if(value, [](char c) {
      return std::string_view{" \t\r\n"}.find(c) != std::string_view::npos;
    });
    tags[std::string{milterward::trim(tag.substr(0, equals))}] = value;
  }
  return tags;
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string{"\r\n"} : std::string{c};
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(by_hand)

BOOST_AUTO_TEST_CASE(spf_tells_the_result_first_and_then_how_it_came_to_it) {
  const Desk desk;
  const auto pass = desk.run("spf", {"--ip", "192.0.2.1", "--sender", "<alice@example.org>",
                                     "--helo", "mx.mail.test"});
  BOOST_TEST(pass.code == 0);
  BOOST_TEST(pass.output.starts_with("spf=pass for alice@example.org from 192.0.2.1\n"));
  check_has(pass, {"matched:     include:mail.test", "lookups:     2/10, void 0/2",
                   "TXT example.org ", "  TXT mail.test  (include:mail.test)",
                   "  MX mail.test  (mx)", "  A mx.mail.test  (mx)"});
  const auto fail = desk.run("spf", {"--ip", "2001:db8::1", "--sender", "a@example.org"});
  BOOST_TEST(fail.code == 0);
  BOOST_TEST(fail.output.starts_with("spf=fail "));
  check_has(fail, {"matched:     -all", "void 1/2", "no_domain"});
}

BOOST_AUTO_TEST_CASE(spf_of_the_null_sender_is_that_of_the_helo_name) {
  const Desk desk;
  const auto null =
      desk.run("spf", {"--ip", "192.0.2.1", "--sender", "<>", "--helo", "mail.test"});
  BOOST_TEST(null.output.starts_with("spf=pass for postmaster@mail.test "), null.output);
  BOOST_TEST(desk.run("spf", {"--ip", "192.0.2.1", "--sender", "<>"}).code == 64);
}

BOOST_AUTO_TEST_CASE(spf_prints_json_and_knows_both_engines) {
  const Desk desk;
  for (const auto* engine : {"native", "libspf2"}) {
    const auto slow = desk.run("spf", {"--ip", "192.0.2.1", "--sender", "a@slow.test",
                                       "--engine", engine, "--json"});
    BOOST_TEST(slow.code == 0);
    check_has(slow, {"\"result\": \"temperror\"", "\"domain\": \"slow.test\"",
                     "\"answer\": \"timed_out\"", "\"limit\": 10"});
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_checked_is_named) {
  const Desk desk;
  BOOST_TEST(desk.run("spf", {"--ip", "1.2.3", "--sender", "a@b.test"}).code == 64);
  BOOST_TEST(desk.run("spf", {"--ip", "192.0.2.1", "--sender", "a@b@c"}).code == 64);
  desk.put("zone", "example.org A 192.0.2.1\nexample.org SPF x\n");
  const auto zone_fault =
      desk.run("spf", {"--ip", "192.0.2.1", "--sender", "a@example.org"});
  BOOST_TEST(zone_fault.code == 1);
  check_has(zone_fault, {desk.path("zone") + ":2: not a record"});
  desk.put("conf.toml", "[spf]\nexempt = [\"everybody\"]\n");
  const auto config_fault =
      desk.run("spf", {"--ip", "192.0.2.1", "--sender", "a@example.org"});
  BOOST_TEST(config_fault.code == 78);
  check_has(config_fault, {"conf.toml:2:", "spf.exempt"});
}

BOOST_AUTO_TEST_CASE(evaluate_tells_what_the_daemon_would_do) {
  const Desk desk;
  const auto spoof = desk.run(
      "evaluate", {desk.path("mail.eml"), "--ip", "203.0.113.5", "--sender",
                   "alice@example.org", "--rcpt", "bob@home.test", "--rcpt", "x@y.test"});
  BOOST_TEST(spoof.code == 0);
  BOOST_TEST(spoof.output.starts_with(
      "verdict:   reject dmarc.reject 550 5.7.1 Refused by the DMARC policy of "
      "example.org (monitor: only logged)\n"));
  check_has(
      spoof,
      {"direction: inbound (direction.stranger)",
       "recipient: <bob@home.test> accept relay.our_domain",
       "recipient: <x@y.test> reject relay.denied 550",
       "spf:       fail for mailfrom example.org, matched -all", "dkim:      none",
       "arc:       none", "dmarc:     fail, policy reject of example.org",
       "finding:   dmarc.reject", "insert:    Authentication-Results: mx.home.test;"});
}

BOOST_AUTO_TEST_CASE(evaluate_takes_client_and_sender_from_the_message) {
  const Desk desk;
  desk.put("mail.eml", "Return-Path: <alice@example.org>\n" + std::string{message});
  const auto authentic = desk.run("evaluate", {desk.path("mail.eml")});
  BOOST_TEST(authentic.code == 0);
  check_has(authentic, {"verdict:   accept inbound.accepted",
                        "client 192.0.2.1, helo mx.mail.test, sender <alice@example.org>",
                        "spf:       pass for mailfrom example.org, matched include",
                        "dmarc:     pass of example.org"});
  desk.put("mail.eml", "From: alice@example.org\n\nHi\n");
  const auto unknown = desk.run("evaluate", {desk.path("mail.eml")});
  BOOST_TEST(unknown.code == 1);
  check_has(unknown, {"Give --ip"});
}

BOOST_AUTO_TEST_CASE(evaluate_prints_json_whose_facts_explain_reads) {
  const Desk desk;
  const auto json = desk.run("evaluate", {desk.path("mail.eml"), "--ip", "203.0.113.5",
                                          "--sender", "alice@example.org", "--json"});
  BOOST_TEST(json.code == 0);
  check_has(json, {"\"action\": \"reject\"", "\"rule\": \"dmarc.reject\"",
                   "\"mode\": \"monitor\"", "\"identity\": \"mailfrom\"",
                   "\"edit\": \"insert\"", "\"name\": \"Authentication-Results\""});
  const std::string before = "\"facts\": \"";
  const auto begin = json.output.find(before) + before.size();
  const auto facts = json.output.substr(begin, json.output.find("\"\n", begin) - begin);
  desk.put("facts", "name: a\nkind: message\nfacts: " + facts + "\n");
  const auto explained =
      run_binary({"explain", "--config", desk.path("conf.toml"), desk.path("facts")});
  BOOST_TEST(explained.code == 0);
  check_has(explained, {"reject dmarc.reject"});
}

BOOST_AUTO_TEST_CASE(evaluate_tells_of_chains_and_seals) {
  const Desk desk;
  desk.put("conf.toml",
           "[authres]\nauthserv_id = \"mx.home.test\"\n[relay]\ndomains = [\"home.test\"]\n"
           "[arc]\nseal = \"inbound\"\ntrusted_sealers = [\"example.org\"]\n"
           "[[arc.key]]\ndomain = \"example.org\"\nselector = \"s1\"\nfile = \"" +
               desk.path("key.pem") + "\"\n");
  const auto first = desk.run("evaluate", {desk.path("mail.eml"), "--ip", "192.0.2.1",
                                           "--sender", "alice@example.org"});
  check_has(first, {"arc:       none", "insert:    ARC-Seal: a=ed25519-sha256;",
                    "insert:    ARC-Authentication-Results: i=1; mx.home.test;"});

  // The set as it was told, put on top of the message.
  std::string set;
  bool is_of_set = false;
  for (const auto line : milterward::split(first.output, '\n')) {
    if (line.size() > 11 && line.front() != ' ')
      is_of_set = line.starts_with("insert:    ARC-");
    if (is_of_set && line.size() > 11) (set += line.substr(11)) += '\n';
  }
  desk.put("mail.eml", set + message);
  const auto second = desk.run("evaluate", {desk.path("mail.eml"), "--ip", "203.0.113.5",
                                            "--sender", "x@elsewhere.test"});
  check_has(second,
            {"arc:       pass, sealed by example.org, vouched by example.org (dmarc of "
             "example.org)",
             "dmarc:     fail, policy reject of example.org"});
  const auto json = desk.run("evaluate", {desk.path("mail.eml"), "--ip", "203.0.113.5",
                                          "--sender", "x@elsewhere.test", "--json"});
  check_has(json, {"\"arc\": {", "\"result\": \"pass\"", "\"sealer\": \"example.org\"",
                   "\"proof\": \"dmarc\"", "\"author_domain\": \"example.org\""});
}

BOOST_AUTO_TEST_CASE(evaluate_shows_forged_results_that_would_go) {
  const Desk desk;
  desk.put("mail.eml",
           "Authentication-Results: elsewhere.test; none\n"
           "Authentication-Results: mx.home.test; spf=pass\n" +
               std::string{message});
  const auto forged = desk.run("evaluate", {desk.path("mail.eml"), "--ip", "203.0.113.5"});
  check_has(forged, {"remove:    Authentication-Results #2"});
  BOOST_TEST(!contains(forged.output, "#1"));
}

BOOST_AUTO_TEST_CASE(a_signed_message_is_the_message_with_signatures_on_top) {
  const Desk desk;
  for (const auto& text : {std::string{message}, with_crlf(message)}) {
    desk.put("mail.eml", text);
    const auto done = desk.run("sign", {"--login", "alice", desk.path("mail.eml")});
    BOOST_TEST(done.code == 0, done.output);
    BOOST_REQUIRE(done.output.ends_with(text));
    const auto added = done.output.substr(0, done.output.size() - text.size());
    BOOST_TEST(added.starts_with("DKIM-Signature: v=1;"));
    BOOST_TEST(contains(added, "d=example.org"));
    BOOST_TEST(contains(added, "\r\n") == contains(text, "\r\n"));
    desk.put("signed.eml", done.output);
    const auto read = desk.run(
        "evaluate", {desk.path("signed.eml"), "--ip", "192.0.2.1", "--sender", "<>"});
    check_has(read, {"dkim:      pass d=example.org s=s1 a=ed25519-sha256",
                     "dmarc:     pass of example.org"});
  }
}

BOOST_AUTO_TEST_CASE(text_behind_a_signed_beginning_is_what_dkim_body_length_says) {
  const Desk desk;
  // l=8 covers "Hi Bob"; signed by the key of s1.
  desk.put("mail.eml",
           "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;\n"
           " i=@example.org; l=8; q=dns/txt; s=s1; t=1700000000; h=from : subject;\n"
           " bh=7Eikc6IgrjBVN+g5rcc6hMBFB7RSedU5xHi4x80CyOU=;\n"
           " b=m6w4K7urEVquUsISypGYaZc3cQT7DzWG1HUIPaaRh2ZcqWUVG7fFGQuQVJFZcIng4vJnH\n"
           " Q8rByRfwycl4K4WDQ==\n"
           "From: Alice <alice@example.org>\nSubject: hello\n\nHi Bob\nBuy this\n");
  for (const auto* engine : {"native", "libopendkim"}) {
    for (const auto& [rule, want] : {std::pair{"whole", "dkim:      policy d=example.org"},
                                     std::pair{"part", "dkim:      pass d=example.org"}}) {
      desk.put("conf.toml", std::string{"[dkim]\nengine = \""} + engine +
                                "\"\nbody_length = \"" + rule + "\"\n");
      check_has(desk.run("evaluate", {desk.path("mail.eml"), "--ip", "192.0.2.1"}), {want});
    }
  }
}

BOOST_AUTO_TEST_CASE(evaluate_of_a_submission_shows_the_signatures) {
  const Desk desk;
  const auto own =
      desk.run("evaluate", {desk.path("mail.eml"), "--login", "alice", "--sender", "a@b"});
  check_has(own, {"verdict:   accept sign.signed", "submission (direction.login)",
                  "insert:    DKIM-Signature: v=1;"});
}

BOOST_AUTO_TEST_CASE(a_key_on_the_command_line_signs_for_any_author) {
  const Desk desk;
  const auto done = desk.run("sign", {"--domain", "other.test", "--selector", "s9", "--key",
                                      desk.path("key.pem"), desk.path("mail.eml")});
  BOOST_TEST(done.code == 0, done.output);
  BOOST_TEST(done.output.starts_with("DKIM-Signature: "));
  check_has(done, {"d=other.test", "s=s9"});
}

BOOST_AUTO_TEST_CASE(a_key_on_the_command_line_takes_what_its_table_would) {
  const Desk desk;
  const auto signature = signature_on_top(desk.run(
      "sign",
      with_key(desk, {"--canonicalization", "simple/relaxed", "--expires-after", "48h",
                      "--identity", "list@news.other.test", "--oversigned", "Subject X-Own",
                      "--headers", "Message-ID", desk.path("mail.eml")})));
  BOOST_TEST(signature.at("c") == "simple/relaxed");
  BOOST_TEST(signature.at("i") == "list@news.other.test");
  BOOST_TEST(std::stoll(signature.at("x")) - std::stoll(signature.at("t")) == 48 * 3600);
  BOOST_TEST(signature.at("h") == "from:subject:subject:x-own:message-id");
}

BOOST_AUTO_TEST_CASE(lists_of_a_key_may_be_empty_and_the_rest_has_the_defaults) {
  const Desk desk;
  const auto signature = signature_on_top(
      desk.run("sign", with_key(desk, {"--oversigned", "", "--headers", "", "--identity",
                                       "", desk.path("mail.eml")})));
  BOOST_TEST(signature.at("h") == "from");
  BOOST_TEST(signature.at("c") == "relaxed/relaxed");
  BOOST_TEST(!signature.contains("i"));
  BOOST_TEST(!signature.contains("x"));
}

BOOST_AUTO_TEST_CASE(a_wrong_option_of_a_key_is_told_in_the_words_of_its_table) {
  struct Wrong {
    std::string key, in_toml, option;
  };
  const std::vector<Wrong> all{
      {"canonicalization", "\"relaxed\"", "relaxed"},
      {"expires_after", "\"2 days\"", "2 days"},
      {"expires_after", "\"8761h\"", "8761h"},
      {"identity", "\"news\"", "news"},
      {"identity", "\"@example.net\"", "@example.net"},  // not within the domain
      {"oversigned", "[\"From\", \"Received\"]", "From Received"},
      {"headers", "[\"A:\"]", "A:"},
      {"selector", "\"s 9\"", "s 9"},
      {"domain", "\"other..test\"", "other..test"},
  };
  for (const auto& wrong : all) {
    const Desk desk;
    std::map<std::string, std::string> row{{"domain", "\"other.test\""},
                                           {"selector", "\"s9\""},
                                           {"file", "\"" + desk.path("key.pem") + "\""}};
    row[wrong.key] = wrong.in_toml;
    std::string table = "[[sign.key]]\n";
    for (const auto& [key, value] : row) table += key + " = " + value + "\n";
    desk.put("wrong.toml", table);
    const auto checked = run_binary({"check-config", desk.path("wrong.toml")});
    const auto before = ": sign.key." + wrong.key + ": ";
    const auto begin = checked.output.find(before);
    BOOST_REQUIRE(begin != std::string::npos);
    const auto words = checked.output.substr(
        begin + before.size(), checked.output.find('\n', begin) - begin - before.size());
    auto option = "--" + wrong.key;
    std::ranges::replace(option, '_', '-');
    auto arguments = with_key(desk, {desk.path("mail.eml")});
    const auto given = std::ranges::find(arguments, option);
    if (given != arguments.end())
      *(given + 1) = wrong.option;
    else
      arguments.insert(arguments.end(), {option, wrong.option});
    const auto refused = desk.run("sign", arguments);
    BOOST_TEST(refused.code == 64, option);
    BOOST_TEST(refused.output == "milterward: " + option + ": " + words + "\n");
  }
}

BOOST_AUTO_TEST_CASE(everything_wrong_with_a_key_is_told_at_once) {
  const Desk desk;
  const auto refused = desk.run("sign", with_key(desk, {"--headers", "A: B;", "--identity",
                                                        "x", desk.path("mail.eml")}));
  BOOST_TEST(refused.code == 64);
  check_has(refused, {"--headers: \"A:\"", "--headers: \"B;\"", "--identity: \"x\""});
}

BOOST_AUTO_TEST_CASE(what_is_only_doubtful_about_a_key_is_told_and_the_message_signed) {
  const Desk desk;
  const auto done =
      desk.run("sign", with_key(desk, {"--expires-after", "2h", desk.path("mail.eml")}));
  BOOST_TEST(done.code == 0);
  check_has(done, {"milterward: --expires-after: is shorter than mail may wait in a queue",
                   "DKIM-Signature: "});
}

BOOST_AUTO_TEST_CASE(options_of_a_key_mean_nothing_without_it) {
  const Desk desk;
  for (const auto& row : milterward::commands::options_of_key()) {
    const auto option = milterward::commands::option_of(*row);
    const auto without = desk.run("sign", {option, "", desk.path("mail.eml")});
    BOOST_TEST(without.code == 64, option);
    check_has(without, {"--domain, --selector and --key belong together"});
  }
}

BOOST_AUTO_TEST_CASE(every_option_of_a_key_stands_in_the_manual) {
  const auto manual = milterward::commands::read_file(MILTERWARD_SOURCE_DIR
                                                      "/packaging/man/milterward-sign.1");
  BOOST_REQUIRE(manual.has_value());
  BOOST_TEST(milterward::commands::options_of_key().size() >= 5);
  for (const auto& row : milterward::commands::options_of_key()) {
    std::string in_manual = ".BI ";
    for (const char c : milterward::commands::option_of(*row))
      in_manual += c == '-' ? std::string{"\\-"} : std::string{c};
    BOOST_TEST(contains(*manual, in_manual + " \""), in_manual);
  }
}

BOOST_AUTO_TEST_CASE(a_line_of_an_mbox_stays_on_top) {
  const Desk desk;
  desk.put("mail.eml", "From alice Mon Jan  1 00:00:00 2026\n" + std::string{message});
  const auto done = desk.run("sign", {"--login", "alice", desk.path("mail.eml")});
  BOOST_TEST(
      done.output.starts_with("From alice Mon Jan  1 00:00:00 2026\nDKIM-Signature: v=1;"));
}

BOOST_AUTO_TEST_CASE(mail_that_is_cut_short_on_its_way_out_is_a_failure) {
  const Desk desk;
  desk.put("mail.eml", std::string{message} + std::string(100'000, 'x') + "\n");
  rlimit former{};
  ::getrlimit(RLIMIT_FSIZE, &former);
  auto* const former_action = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{8192, former.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto cut = desk.run("sign", {"--login", "alice", desk.path("mail.eml")});
  ::setrlimit(RLIMIT_FSIZE, &former);
  ::signal(SIGXFSZ, former_action);
  BOOST_TEST(cut.output.size() == full.rlim_cur);
  BOOST_TEST(cut.code == 1);
}

BOOST_AUTO_TEST_CASE(what_is_not_signed_is_not_written) {
  const Desk desk;
  const auto stranger = desk.run("sign", {"--login", "mallory", desk.path("mail.eml")});
  BOOST_TEST(stranger.code == 1);
  check_has(stranger, {"not signed", "sign.not_entitled"});
  BOOST_TEST(!contains(stranger.output, "Hi Bob"));
  ::chmod(desk.path("key.pem").c_str(), 0644);
  const auto open = desk.run("sign", {"--login", "alice", desk.path("mail.eml")});
  BOOST_TEST(open.code == 1);
  check_has(open, {"key.pem"});
  const auto half = desk.run("sign", {"--domain", "other.test", desk.path("mail.eml")});
  BOOST_TEST(half.code == 64);
  const auto missing = desk.run("sign", {desk.path("nothing.eml")});
  BOOST_TEST(missing.code == 1);
  check_has(missing, {"nothing.eml: cannot be read"});
}

BOOST_AUTO_TEST_SUITE_END()
