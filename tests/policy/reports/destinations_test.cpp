// SPDX-License-Identifier: Apache-2.0
// Where reports go: the cases of reports/destinations.cases.
#include "policy/reports/destinations.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::reports {
namespace {

using namespace std::chrono_literals;

/// Each answer takes its time: long for names below slow.test.
class TimelyDns final : public ports::Resolver {
 public:
  explicit TimelyDns(std::string_view zone) : zone_(zone) {}
  tests::FakeClock& clock() noexcept { return clock_; }

  ports::Pending ask(const ports::DnsQuestion& question) override {
    const auto takes = question.name.ends_with("slow.test") ? 4s : 2s;
    return ports::Pending{
        std::make_shared<Answer>(zone_.ask(question), clock_, clock_.now() + takes)};
  }

 private:
  class Answer final : public ports::Pending::State {
   public:
    Answer(ports::Pending pending, tests::FakeClock& clock, SteadyTime ready)
        : pending_(std::move(pending)), clock_(clock), ready_(ready) {}

    ports::DnsResult wait(Deadline deadline) override {
      const auto until = std::min(ready_, deadline.at());
      if (until > clock_.now())
        clock_.advance(std::chrono::ceil<std::chrono::seconds>(until - clock_.now()));
      if (ready_ > deadline.at()) return Unexpected{ports::DnsFault::timed_out};
      return pending_.wait(deadline);
    }

   private:
    ports::Pending pending_;
    tests::FakeClock& clock_;
    SteadyTime ready_;
  };

  tests::FakeResolver zone_;
  tests::FakeClock clock_;
};

Agreement agreement_about(const char* domain, ports::Resolver& dns, const Clock& clock) {
  return ask_for_agreement({"in@taker.test", *Domain::parse("taker.test")},
                           *Domain::parse(domain), ports::ReportKind::aggregate, dns,
                           conf::DmarcDiscovery::treewalk, Deadline::after(clock, 5s));
}

std::string outcome_of(const tests::Case& c) {
  const auto destination = parse_destination(c["uri"]);
  if (!destination) return "no destination";
  tests::FakeResolver dns{c.get("dns")};
  const tests::FakeClock clock;
  const auto kind = c.get("kind") == "failure" ? ports::ReportKind::failure
                                               : ports::ReportKind::aggregate;
  const auto agreement =
      ask_for_agreement(*destination, *Domain::parse(c["domain"]), kind, dns,
                        conf::DmarcDiscovery::treewalk, Deadline::after(clock, 5s));
  switch (agreement.consent) {
    case Consent::given:
      return fmt::format("given {}", fmt::join(agreement.addresses, " "));
    case Consent::refused:
      return "refused " + agreement.reason;
    case Consent::unknown:
      return "unknown " + agreement.reason;
  }
  return "";
}

BOOST_AUTO_TEST_SUITE(report_destinations)

BOOST_DATA_TEST_CASE(agree, tests::read_cases("reports/destinations.cases"), c) {
  BOOST_TEST(outcome_of(c) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_cannot_agree) {
  tests::FakeResolver dns;
  const tests::FakeClock clock;
  std::string longest = "a";
  while (longest.size() < 240) longest += ".aaaaaaaaa";
  const auto agreement =
      ask_for_agreement({"in@taker.test", *Domain::parse("taker.test")},
                        *Domain::parse(longest), ports::ReportKind::aggregate, dns,
                        conf::DmarcDiscovery::treewalk, Deadline::after(clock, 5s));
  BOOST_TEST((agreement.consent == Consent::refused));
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_slow_takes_no_time_from_who_agrees) {
  TimelyDns dns{
      "_dmarc.slow.test TXT v=DMARC1\n_dmarc.taker.test TXT v=DMARC1\n"
      "slow.test._report._dmarc.taker.test TXT v=DMARC1\n"};
  const auto agreement = agreement_about("slow.test", dns, dns.clock());
  BOOST_TEST((agreement.consent == Consent::given), agreement.reason);
}

BOOST_AUTO_TEST_CASE(silent_is_who_lets_us_wait_alone) {
  const auto silent = [](std::string zone) {
    tests::FakeResolver dns{zone};
    const auto agreement = agreement_about("home.test", dns, tests::FakeClock{});
    BOOST_TEST((agreement.consent == Consent::unknown));
    return agreement.silent ? agreement.silent->name() : "";
  };
  const std::string records = "_dmarc.taker.test TXT v=DMARC1\n_dmarc.home.test ";
  const std::string consent = "home.test._report._dmarc.taker.test ";
  BOOST_TEST(silent(records + "TIMEOUT\n") == "home.test");
  BOOST_TEST(silent(records + "SERVFAIL\n") == "");
  BOOST_TEST(silent(records + "TXT v=DMARC1\n" + consent + "TIMEOUT\n") == "taker.test");
  BOOST_TEST(silent(records + "TXT v=DMARC1\n" + consent + "SERVFAIL\n") == "");
  BOOST_TEST(silent("_dmarc.taker.test TIMEOUT\n") == "taker.test");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
