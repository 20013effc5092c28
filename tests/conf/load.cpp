// SPDX-License-Identifier: Apache-2.0
// What a configuration file becomes: values, or complaints with place and way out.
#include "conf/load.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using conf::load_config;

std::vector<std::string> texts(const std::vector<conf::ConfigProblem>& problems) {
  std::vector<std::string> all;
  for (const auto& problem : problems) {
    auto text = conf::to_text(problem);
    BOOST_TEST(text.starts_with("m.toml:"));
    all.push_back(text.substr(7));
  }
  return all;
}

conf::Config loaded(std::string_view text) {
  auto config = load_config(text, "m.toml");
  if (!config)
    for (const auto& problem : config.fault()) BOOST_ERROR(conf::to_text(problem));
  return std::move(config).value();
}

BOOST_DATA_TEST_CASE(names_every_error_with_place_and_way_out,
                     read_cases("conf/errors.cases"), c) {
  const auto config = load_config(c["file"], "m.toml");
  BOOST_REQUIRE(!config);
  BOOST_TEST(texts(config.fault()) == c.all("want"), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(warns_of_what_was_probably_not_meant,
                     read_cases("conf/warnings.cases"), c) {
  BOOST_TEST(texts(loaded(c["file"]).warnings) == c.all("want"),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_kind_of_value_arrives) {
  const auto config = loaded(R"(
    [milter]
    socket = "inet6:8891@::1"
    socket_mode = "0600"
    threads = "pool"
    [daemon]
    user = "mail"
    [drain]
    limit = "2m"
    [dns]
    servers = ["127.0.0.1@5353", "::1"]
    timeout = "250ms"
    cache_entries = 7
    [relay]
    mode = "enforce"
    domains = ["Example.ORG", ".example.net"]
    upstream = ["192.0.2.25", "2001:db8::/48"]
    [inbound]
    quarantine = "hold"
    subject_tag = "[Vorsicht]"
    redirect_to = "q@example.org"
    no_from = "tag"
    no_author = "reject"
    on_our_domain = "quarantine"
    irregular_from = "defer"
    [spf]
    engine = "libspf2"
    on_fail = "reject"
    on_helo_fail = "defer"
    [dkim]
    body_length = "part"
    on_none = "tag"
    [dmarc]
    on_reject = "quarantine"
    reject = "always"
    [[dmarc.override]]
    author_domains = [".bank.test"]
    networks = ["192.0.2.0/24"]
    hosts = ["mx.forwarder.test"]
    authenticated = ["lists.test"]
    treat_as = "quarantine"
    reason = "mailing_list"
    comment = "the choir"
    [[dmarc.override]]
    networks = ["192.0.2.0/24"]
    treat_as = "none"
    [iprev]
    on_permerror = "defer"
    [exempt]
    networks = ["192.0.2.25"]
    hosts = ["a.test", ".b.test"]
    [authres]
    authserv_id = "mx.example.org"
    also_remove = ["mx2.example.org"]
    keep_from_upstream = ["gateway.example.org"]
    comments = false
    show_login = true
    [sign]
    on_missing_key = "pass"
    [directory]
    realm = "example.org"
    login_is_address = true
    delimiters = "+-"
    owner_files = ["/owners"]
    [identity]
    mode = "reject"
    without_login = "tag"
    [log]
    target = "journal"
    format = "json"
    level = "debug"
    facts = "/tmp/facts"
    [[listener]]
    port = "587"
    name = "submission"
    kind = "submission"
    [[sign.key]]
    domain = "EXAMPLE.org"
    selector = "a.b"
    file = "/key.pem"
    subdomains = true
    [[sign.key]]
    domain = "example.org"
    selector = "c"
    file = "/key.pem"
    [[directory.account]]
    login = "joe"
    may_use = ["example.org", "joe@example.org"]
    class = "service"
    [[identity.group]]
    class = "service"
    mode = "learn"
  )");
  BOOST_TEST(config.milter.socket == "inet6:8891@::1");
  BOOST_TEST(config.milter.socket_mode == 0600U);
  BOOST_TEST((config.milter.threads == conf::Threads::pool));
  BOOST_TEST(config.daemon.user == "mail");
  BOOST_TEST((config.drain.limit == 120s));
  BOOST_REQUIRE(config.dns.servers.size() == 2U);
  BOOST_TEST(config.dns.servers[0].address.text() == "127.0.0.1");
  BOOST_TEST(config.dns.servers[0].port == 5353U);
  BOOST_TEST(config.dns.servers[1].address.text() == "::1");
  BOOST_TEST(config.dns.servers[1].port == 53U);
  BOOST_TEST((config.dns.timeout == 250ms));
  BOOST_TEST(config.dns.cache_entries == 7U);
  BOOST_TEST((config.relay.mode == Mode::enforce));
  BOOST_REQUIRE(config.relay.domains.size() == 2U);
  BOOST_TEST(config.relay.domains[0].domain.name() == "example.org");
  BOOST_TEST(!config.relay.domains[0].subdomains_only);
  BOOST_TEST(config.relay.domains[1].domain.name() == "example.net");
  BOOST_TEST(config.relay.domains[1].subdomains_only);
  BOOST_REQUIRE(config.relay.upstream.size() == 2U);
  BOOST_TEST(config.relay.upstream[0].text() == "192.0.2.25/32");
  BOOST_TEST(config.relay.upstream[1].text() == "2001:db8::/48");
  BOOST_TEST((config.inbound.quarantine == conf::Quarantine::hold));
  BOOST_TEST(config.inbound.subject_tag == "[Vorsicht]");
  BOOST_TEST(config.inbound.redirect_to == "q@example.org");
  BOOST_TEST((config.inbound.from.missing == Action::tag));
  BOOST_TEST((config.inbound.from.no_author == Action::reject));
  BOOST_TEST((config.inbound.dmarc_reject == conf::DmarcReject::always));
  BOOST_TEST((config.inbound.iprev.permerror == Action::defer));
  BOOST_TEST(config.inbound.exempt.networks.size() == 1U);
  BOOST_TEST(config.inbound.exempt.hosts.size() == 2U);
  BOOST_REQUIRE(config.inbound.dmarc_overrides.size() == 2U);
  const auto& row = config.inbound.dmarc_overrides[0];
  BOOST_TEST(row.author_domains.size() == 1U);
  BOOST_TEST(row.networks.size() == 1U);
  BOOST_TEST(row.hosts.size() == 1U);
  BOOST_TEST(row.authenticated.size() == 1U);
  BOOST_TEST((row.treat_as == conf::TreatAs::quarantine));
  BOOST_TEST((row.reason == conf::OverrideReason::mailing_list));
  BOOST_TEST(row.comment == "the choir");
  BOOST_TEST(
      (config.inbound.dmarc_overrides[1].reason == conf::OverrideReason::local_policy));
  BOOST_TEST((config.spf.engine == conf::SpfEngine::libspf2));
  BOOST_TEST((config.inbound.spf.fail == Action::reject));
  BOOST_TEST((config.inbound.helo.fail == Action::defer));
  BOOST_TEST((config.inbound.from.irregular == Action::defer));
  BOOST_TEST((config.inbound.dkim.none == Action::tag));
  BOOST_TEST((config.dkim.body_length == conf::BodyLength::part));
  BOOST_TEST((config.inbound.dmarc.reject == Action::quarantine));
  BOOST_TEST(config.authres.authserv_id == "mx.example.org");
  BOOST_TEST(config.authres.also_remove == std::vector<std::string>{"mx2.example.org"});
  BOOST_TEST(config.authres.keep_from_upstream ==
             std::vector<std::string>{"gateway.example.org"});
  BOOST_TEST(!config.authres.comments);
  BOOST_TEST(config.authres.show_login);
  BOOST_TEST((config.sign.on_missing_key == conf::OnMissingKey::pass));
  BOOST_TEST((config.log.target == conf::LogTarget::journal));
  BOOST_TEST((config.log.format == conf::LogFormat::json));
  BOOST_TEST((config.log.level == Level::debug));
  BOOST_TEST(config.log.facts == "/tmp/facts");
  BOOST_REQUIRE(config.listeners.size() == 1U);
  BOOST_TEST(config.listeners[0].port == "587");
  BOOST_TEST(config.listeners[0].name == "submission");
  BOOST_REQUIRE(config.sign.keys.size() == 2U);
  BOOST_TEST(config.sign.keys[0].domain.name() == "example.org");
  BOOST_TEST(config.sign.keys[0].selector == "a.b");
  BOOST_TEST(config.sign.keys[0].file == "/key.pem");
  BOOST_TEST(config.sign.keys[0].subdomains);
  BOOST_TEST(!config.sign.keys[1].subdomains);
  BOOST_REQUIRE(config.directory.accounts.size() == 1U);
  BOOST_TEST(config.directory.accounts[0].login == "joe");
  BOOST_TEST(config.directory.accounts[0].may_use.size() == 2U);
  BOOST_TEST(config.directory.accounts[0].account_class == "service");
  BOOST_TEST(config.directory.realm == "example.org");
  BOOST_TEST(config.directory.login_is_address);
  BOOST_TEST(config.directory.delimiters == "+-");
  BOOST_TEST(config.directory.owner_files == std::vector<std::string>{"/owners"});
  BOOST_TEST((config.identity.mode == conf::IdentityMode::reject));
  BOOST_TEST((config.identity.without_login == conf::IdentityMode::tag));
  BOOST_REQUIRE(config.identity.groups.size() == 1U);
  BOOST_TEST(config.identity.groups[0].account_class == "service");
  BOOST_TEST((config.identity.groups[0].mode == conf::IdentityMode::learn));
  BOOST_TEST((config.inbound.our_domain == Action::quarantine));
}

BOOST_AUTO_TEST_CASE(a_list_in_the_file_replaces_the_default_list) {
  BOOST_TEST(loaded("").relay.trusted_networks.size() == 2U);
  BOOST_TEST(loaded("[relay]\ntrusted_networks = []").relay.trusted_networks.empty());
}

BOOST_AUTO_TEST_CASE(durations_know_four_units) {
  const auto limit = [](std::string_view text) {
    return loaded("[drain]\nlimit = \"" + std::string{text} + "\"").drain.limit;
  };
  BOOST_TEST((limit("0ms") == 0ms));
  BOOST_TEST((limit("1500ms") == 1500ms));
  BOOST_TEST((limit("300s") == 300s));
  BOOST_TEST((limit("10m") == 10min));
  BOOST_TEST((limit("1h") == 1h));
}

BOOST_AUTO_TEST_CASE(config_error_lists_all_problems) {
  const conf::ConfigError error{
      {{"a", 1, 2, "k", "is bad", "mend it"}, {"b", 0, 0, "", "cannot be read", ""}}};
  BOOST_TEST(std::string{error.what()} == "a:1:2: k: is bad; mend it\nb: cannot be read");
}

}  // namespace
}  // namespace milterward::tests
