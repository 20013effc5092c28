// SPDX-License-Identifier: Apache-2.0
#include "milter/status/egress_book.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace milterward;
using namespace milterward::status;

namespace {

std::string told_of(const EgressBook& book, const std::string& address) {
  const auto standings = book.standings();
  const auto found = standings.find(address);
  return found == standings.end() ? "" : to_text(found->second);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(egress_book)

BOOST_AUTO_TEST_CASE(listings_come_and_go) {
  EgressBook book;
  book.note("egress.listed", {{"address", "192.0.2.1"}, {"list", "zen.test"}});
  book.note("egress.listed", {{"address", "192.0.2.1"}, {"list", "bl.test"}});
  book.note("egress.name_broken", {{"address", "192.0.2.1"}, {"reason", "no_domain"}});
  BOOST_TEST(told_of(book, "192.0.2.1") ==
             "listed by bl.test, zen.test, and no name leads back to it");
  book.note("egress.delisted", {{"address", "192.0.2.1"}, {"list", "zen.test"}});
  book.note("egress.delisted", {{"address", "192.0.2.1"}, {"list", "bl.test"}});
  BOOST_TEST(told_of(book, "192.0.2.1") == "no name leads back to it");
  book.note("egress.name_mended", {{"address", "192.0.2.1"}, {"name", "mx.test"}});
  BOOST_TEST(told_of(book, "192.0.2.1") == "nothing is known against it");
}

BOOST_AUTO_TEST_CASE(what_was_known_before_a_restart_counts) {
  EgressBook book;
  book.note("egress.known",
            {{"address", "192.0.2.1"}, {"list", "zen.test"}, {"detail", "127.0.0.2"}});
  book.note("egress.known",
            {{"address", "192.0.2.1"}, {"list", "ptr"}, {"detail", "no PTR record"}});
  BOOST_TEST(told_of(book, "192.0.2.1") ==
             "listed by zen.test, and no name leads back to it");
}

BOOST_AUTO_TEST_CASE(other_events_say_nothing_and_addresses_have_an_end) {
  EgressBook book;
  book.note("message.decided", {{"address", "192.0.2.1"}});
  book.note("egress.unanswered", {{"asked", "zen.test"}});
  BOOST_TEST(book.standings().empty());
  for (int i = 0; i < 3000; ++i)
    book.note("egress.listed", {{"address", std::to_string(i)}, {"list", "zen.test"}});
  BOOST_TEST(book.standings().size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
