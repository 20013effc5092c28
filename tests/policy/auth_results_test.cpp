// SPDX-License-Identifier: Apache-2.0
// Whatever is found, Authentication-Results says it in registered names only: the registry
// "Email Authentication Parameters" of IANA, as far as our methods go.
#include "policy/auth_results.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

namespace milterward {
namespace {

using auth::AuthresField;
using auth::AuthresMethod;
using ports::DkimResult;
using ports::SpfResult;

struct Registered {
  std::set<std::string> results;
  std::set<std::string> properties;
};

const std::map<std::string, Registered> registry{
    {"auth",
     {{"none", "pass", "fail", "temperror", "permerror"}, {"smtp.auth", "smtp.mailfrom"}}},
    {"dnswl",
     {{"none", "pass", "temperror", "permerror"},
      {"dns.zone", "dns.sec", "policy.ip", "policy.txt"}}},
    {"iprev", {{"pass", "fail", "temperror", "permerror"}, {"policy.iprev"}}},
    {"spf",
     {{"none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror"},
      {"smtp.mailfrom", "smtp.helo"}}},
    {"dkim",
     {{"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"},
      {"header.d", "header.i", "header.s", "header.a", "header.b"}}},
    {"arc", {{"none", "pass", "fail"}, {"smtp.remote-ip", "header.oldest-pass"}}},
    {"dmarc",
     {{"none", "pass", "fail", "temperror", "permerror"}, {"header.from", "policy.dmarc"}}},
};

/// Every result of every method, each with all it can say.
std::vector<AuthresMethod> everything() {
  const ExaminedClient client{IpAddress::parse("192.0.2.1").value(), "mx.example.org", ""};
  std::vector<AuthresMethod> all{login_method("joe@home.test"),
                                 unevaluated_dmarc("no From")};
  const auto add = [&](const AuthResults& results, const ExaminedClient& from) {
    for (auto& method : authres_methods(results, from, "a@example.org"))
      all.push_back(std::move(method));
  };
  AuthResults results;
  add(results, client);
  add(results, {{}, "mx.example.org", "no Received field"});
  using Dnswl = auth::DnswlFinding;
  for (const auto result : {Dnswl::Result::none, Dnswl::Result::pass,
                            Dnswl::Result::temperror, Dnswl::Result::permerror})
    results.lists.dnswl.push_back(
        {result, "list.test", {IpAddress::parse("127.0.5.2").value()}, false});
  add(results, client);
  results.lists = {};
  for (const auto result :
       {SpfResult::none, SpfResult::neutral, SpfResult::pass, SpfResult::fail,
        SpfResult::softfail, SpfResult::temperror, SpfResult::permerror}) {
    results.mail_from = {result, "example.org", "mx", "reason", "", {}};
    results.helo = results.mail_from;
    add(results, client);
  }
  for (const auto result :
       {DkimResult::none, DkimResult::pass, DkimResult::fail, DkimResult::policy,
        DkimResult::neutral, DkimResult::temperror, DkimResult::permerror})
    results.dkim.push_back({result, "example.org", "joe@example.org", "s1", "rsa-sha256",
                            "AbCd/+12", "reason", 2048, true});
  for (const auto result : {auth::IprevResult::pass, auth::IprevResult::fail,
                            auth::IprevResult::temperror, auth::IprevResult::permerror}) {
    results.iprev = {result, "mx.example.org"};
    add(results, client);
  }
  for (const auto result :
       {auth::ArcResult::none, auth::ArcResult::pass, auth::ArcResult::fail}) {
    results.arc.result = result;
    results.arc.reason = "reason";
    add(results, client);
  }
  for (const auto result :
       {auth::DmarcResult::none, auth::DmarcResult::pass, auth::DmarcResult::fail,
        auth::DmarcResult::temperror, auth::DmarcResult::permerror}) {
    auth::DmarcFinding finding;
    finding.result = result;
    finding.author_domain = Domain::parse("example.org").value();
    finding.reason = "reason";
    results.dmarc = {finding};
    add(results, client);
  }
  return all;
}

BOOST_AUTO_TEST_CASE(only_registered_names_are_used) {
  std::set<std::string> seen;
  for (const auto& method : everything()) {
    const auto known = registry.find(method.method);
    BOOST_REQUIRE_MESSAGE(known != registry.end(), method.method);
    BOOST_TEST(known->second.results.count(method.result) == 1U,
               method.method << "=" << method.result);
    for (const auto& property : method.properties) {
      const auto name = property.type + "." + property.name;
      BOOST_TEST(known->second.properties.count(name) == 1U, method.method << " " << name);
      seen.insert(method.method + " " + name);
    }
  }
  for (const auto* wanted :
       {"auth smtp.auth", "iprev policy.iprev", "spf smtp.mailfrom", "spf smtp.helo",
        "dkim header.d", "dkim header.i", "dkim header.s", "dkim header.a", "dkim header.b",
        "arc smtp.remote-ip", "dmarc header.from", "dmarc policy.dmarc"})
    BOOST_TEST(seen.count(wanted) == 1U, "never said: " << wanted);
}

BOOST_AUTO_TEST_CASE(what_is_said_can_be_read) {
  const AuthresField field{"mx.home.test", everything()};
  auto plain = field;
  for (auto& method : plain.methods) method.comment.clear();
  const auto read = auth::parse_authres(auth::print_authres(field, {}));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == plain));
}

auth::DmarcFinding dmarc(const char* domain, auth::DmarcResult result) {
  auth::DmarcFinding finding;
  finding.result = result;
  finding.author_domain = Domain::parse(domain).value();
  return finding;
}

/// "dmarc=fail bank.test": results and author domains of the dmarc methods.
std::string dmarc_said(std::vector<auth::DmarcFinding> findings) {
  AuthResults results;
  results.dmarc = std::move(findings);
  std::string text;
  for (const auto& method : authres_methods(results, {}, "a@example.org"))
    if (method.method == "dmarc")
      text +=
          (text.empty() ? "" : " ") + method.result + ":" + method.properties.front().value;
  return text;
}

BOOST_AUTO_TEST_CASE(a_pass_of_one_author_beside_another_that_does_not_is_left_out) {
  using auth::DmarcResult;
  const auto ours = dmarc("out.test", DmarcResult::pass);
  BOOST_TEST(dmarc_said({ours, dmarc("b.test", DmarcResult::pass)}) ==
             "pass:out.test pass:b.test");
  BOOST_TEST(dmarc_said({ours, dmarc("b.test", DmarcResult::fail)}) == "fail:b.test");
  BOOST_TEST(dmarc_said({dmarc("b.test", DmarcResult::none), ours}) == "none:b.test");
  BOOST_TEST(dmarc_said({ours, dmarc("b.test", DmarcResult::temperror)}) ==
             "temperror:b.test");
}

}  // namespace
}  // namespace milterward
