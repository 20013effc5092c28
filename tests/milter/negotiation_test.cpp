// SPDX-License-Identifier: Apache-2.0
#include "milter/front/negotiation.h"

#include <boost/test/unit_test.hpp>

using namespace milterward;
using front::agree_on;
using front::LeadingSpace;

namespace {

// Both Postfix 3.7 and Sendmail 8.17 offer this.
constexpr front::Offer everything{0x1ff, 0x1fffff};

constexpr unsigned long add_headers = 0x01;
constexpr unsigned long add_recipients = 0x04;
constexpr unsigned long remove_recipients = 0x08;
constexpr unsigned long change_headers = 0x10;
constexpr unsigned long quarantine = 0x20;
constexpr unsigned long name_macros = 0x100;
constexpr unsigned long rejected_recipients = 0x800;
constexpr unsigned long leading_space = 0x100000;

}  // namespace

BOOST_AUTO_TEST_SUITE(negotiation)

BOOST_AUTO_TEST_CASE(of_a_full_offer_only_what_we_use_is_asked_for) {
  const auto agreement = agree_on(everything);
  BOOST_REQUIRE(agreement.has_value());
  BOOST_TEST(agreement->actions == (add_headers | add_recipients | remove_recipients |
                                    change_headers | quarantine | name_macros));
  BOOST_TEST((agreement->steps & rejected_recipients) != 0);
  BOOST_TEST((agreement->leading_space == LeadingSpace::in_value));
  BOOST_TEST((agreement->steps & ~everything.steps) == 0);
}

BOOST_AUTO_TEST_CASE(every_step_at_which_a_verdict_falls_gets_a_reply) {
  constexpr unsigned long no_reply_to_mail = 0x4000;
  constexpr unsigned long no_reply_to_rcpt = 0x8000;
  const auto agreement = agree_on(everything);
  BOOST_REQUIRE(agreement.has_value());
  BOOST_TEST((agreement->steps & (no_reply_to_mail | no_reply_to_rcpt)) == 0);
}

BOOST_AUTO_TEST_CASE(every_step_is_sent_but_unknown_commands) {
  constexpr unsigned long no_connect_to_no_end_of_headers = 0x7f;
  constexpr unsigned long no_data = 0x200;
  const auto agreement = agree_on(everything);
  BOOST_REQUIRE(agreement.has_value());
  BOOST_TEST((agreement->steps & (no_connect_to_no_end_of_headers | no_data)) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_offered_is_not_asked_for) {
  const auto agreement = agree_on({add_headers | change_headers, 0});
  BOOST_REQUIRE(agreement.has_value());
  BOOST_TEST(agreement->actions == (add_headers | change_headers));
  BOOST_TEST((agreement->steps & (rejected_recipients | leading_space)) == 0);
  BOOST_TEST((agreement->leading_space == LeadingSpace::from_mta));
  BOOST_TEST(!agreement->may_quarantine);
  BOOST_TEST(!agreement->may_redirect);
  BOOST_TEST(!agreement->may_name_macros);
}

BOOST_AUTO_TEST_CASE(who_can_only_add_recipients_cannot_redirect) {
  const auto agreement = agree_on({add_headers | add_recipients | change_headers, 0});
  BOOST_REQUIRE(agreement.has_value());
  BOOST_TEST(!agreement->may_redirect);
}

BOOST_AUTO_TEST_CASE(an_mta_whose_headers_cannot_be_changed_is_refused_with_the_reason) {
  const auto agreement = agree_on({0x1ff & ~change_headers, everything.steps});
  BOOST_REQUIRE(!agreement.has_value());
  BOOST_TEST(agreement.fault().find("change") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_macro_wished_for_twice_is_named_once) {
  BOOST_TEST(front::macro_list({"j", "{client_addr}"}, {"{client_addr}", "i"}) ==
             "j {client_addr} i");
}

BOOST_AUTO_TEST_SUITE_END()
