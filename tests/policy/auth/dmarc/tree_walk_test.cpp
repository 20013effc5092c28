// SPDX-License-Identifier: Apache-2.0
// The walk up the tree: the cases of auth/dmarc/tree_walk.cases.
#include "policy/auth/dmarc/tree_walk.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"
#include "tests/support/fake_resolver.h"

namespace milterward::auth {
namespace {

using tests::FakeResolver;
using tests::read_cases;

const Deadline any_time{SteadyTime::max()};

conf::DmarcDiscovery discovery_of(const tests::Case& c) {
  return c.get("discovery") == "psl" ? conf::DmarcDiscovery::psl
                                     : conf::DmarcDiscovery::treewalk;
}

std::string asked_names(const FakeResolver& dns) {
  std::string names;
  for (const auto& question : dns.asked())
    names += (names.empty() ? "" : " ") + question.name;
  return names;
}

/// "org=home.test record=mail.home.test", "org unknown: <why>"
std::string brief(Discovery& discovery, const Domain& start) {
  const auto walk = discovery.walk(start, any_time);
  const auto organization = discovery.organization_of(walk);
  if (!organization.domain) return "org unknown: " + organization.unknown_because;
  const auto* step = policy_step(walk, *organization.domain);
  return fmt::format("org={} record={}", organization.domain->name(),
                     step ? step->domain.name() : "none");
}

BOOST_AUTO_TEST_SUITE(tree_walks)

BOOST_DATA_TEST_CASE(walks, read_cases("auth/dmarc/tree_walk.cases"), c) {
  FakeResolver dns{c.get("dns")};
  Discovery discovery{dns, discovery_of(c)};
  BOOST_TEST(brief(discovery, Domain::parse(c["start"]).value()) == c["want"]);
  if (c.has("asked")) BOOST_TEST(asked_names(dns) == c["asked"]);
}

BOOST_AUTO_TEST_CASE(no_walk_asks_more_than_eight_questions) {
  for (std::size_t labels = 1; labels <= 120; ++labels) {
    std::string name = "a";
    for (std::size_t i = 1; i < labels; ++i) name += ".a";
    const auto targets = walk_targets(Domain::parse(name).value());
    BOOST_TEST(targets.size() == std::min(labels, walk_query_limit));
    BOOST_TEST(targets.back().label_count() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(walks_of_one_message_ask_each_name_once) {
  FakeResolver dns{"_dmarc.home.test TXT v=DMARC1; p=none"};
  Discovery discovery{dns, conf::DmarcDiscovery::treewalk};
  for (const char* name : {"a.home.test", "b.home.test", "a.home.test"})
    BOOST_TEST(
        (discovery.organization_of(Domain::parse(name).value(), any_time).domain->name() ==
         "home.test"));
  BOOST_TEST(asked_names(dns) ==
             "_dmarc.a.home.test _dmarc.home.test _dmarc.test _dmarc.b.home.test");
}

BOOST_AUTO_TEST_CASE(the_list_needs_no_dns_for_an_organization) {
  FakeResolver dns;
  Discovery discovery{dns, conf::DmarcDiscovery::psl};
  const auto top = discovery.organization_of(Domain::parse("a.b.co.uk").value(), any_time);
  BOOST_TEST(top.domain->name() == "b.co.uk");
  BOOST_TEST(dns.asked().empty());
}

/// Takes no name for one that can be asked for.
class RefusingResolver final : public ports::Resolver {
 public:
  ports::Pending ask(const ports::DnsQuestion&) override { return {}; }
};

BOOST_AUTO_TEST_CASE(a_name_too_long_to_be_asked_for_has_no_record) {
  RefusingResolver dns;
  Discovery discovery{dns, conf::DmarcDiscovery::treewalk};
  BOOST_TEST(brief(discovery, Domain::parse("home.test").value()) ==
             "org=home.test record=none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
