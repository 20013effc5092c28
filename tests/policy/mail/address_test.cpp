// SPDX-License-Identifier: Apache-2.0
// Envelope paths: the cases of mail/address.cases and the limits around them.
#include "policy/mail/address.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward {
namespace {

using tests::Case;
using tests::read_cases;
using tests::unescaped;

/// "local=u domain=home.test quoted route hides", "null", or "fault: <reason>".
std::string brief(const Result<Path, PathFault>& path) {
  if (!path) return "fault: " + std::string{to_text(path.fault())};
  if (path->is_null()) return "null";
  const Mailbox& mailbox = *path->mailbox;
  std::string text = "local=" + mailbox.local_part;
  if (mailbox.domain) text += " domain=" + mailbox.domain->name();
  if (mailbox.literal) text += " literal=" + mailbox.literal->text();
  if (!mailbox.domain && !mailbox.literal && !mailbox.domain_text.empty())
    text += " elsewhere=" + mailbox.domain_text;
  if (mailbox.is_quoted) text += " quoted";
  if (mailbox.has_source_route) text += " routed";
  if (hides_route(mailbox)) text += " hides-route";
  return text;
}

std::string brief(const ClaimedSender& sender) {
  return sender == ClaimedSender{}
             ? "nobody"
             : "local=" + sender.local_part + " domain=" + sender.domain_text;
}

BOOST_AUTO_TEST_SUITE(envelope_paths)

BOOST_DATA_TEST_CASE(reads_paths, read_cases("mail/address.cases"), c) {
  BOOST_TEST(brief(parse_path(unescaped(c["path"]))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_path_of_254_octets_is_read_and_one_of_255_is_not) {
  const std::string domain = "@home.test";
  const std::string longest = std::string(path_limit - domain.size(), 'a') + domain;
  BOOST_TEST(parse_path("<" + longest + ">").has_value());
  BOOST_TEST((parse_path("<a" + longest + ">").fault() == PathFault::too_long));
}

BOOST_AUTO_TEST_CASE(the_domain_is_kept_as_given) {
  const auto path = parse_path("<u@Home.TEST.>");
  BOOST_TEST(path->mailbox->domain_text == "Home.TEST.");
}

BOOST_DATA_TEST_CASE(claims_a_sender, read_cases("mail/claimed_sender.cases"), c) {
  BOOST_TEST(brief(claimed_sender(unescaped(c["path"]))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(of_a_claimed_local_part_the_last_254_octets_are_kept) {
  const std::string longest(path_limit, 'b');
  const auto sender = claimed_sender("aaa" + longest + "@home.test");
  BOOST_TEST(sender.local_part == longest);
  BOOST_TEST(sender.domain_text == "home.test");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward
