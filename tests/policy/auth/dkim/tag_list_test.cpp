// SPDX-License-Identifier: Apache-2.0
// Tag lists, key records and base64: the cases of auth/dkim/*.cases and the limits.
#include "policy/auth/dkim/tag_list.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/key_record.h"
#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

using tests::read_cases;
using tests::unescaped;

/// "v=1 | a=b c", or "fault: reason".
std::string brief(const Result<TagList, TagListFault>& list) {
  if (!list) return "fault: " + std::string{to_text(list.fault())};
  std::string text;
  for (const auto& tag : list->tags())
    text.append(text.empty() ? "" : " | ").append(tag.name).append("=").append(tag.value);
  return text;
}

/// "rsa 3 octets sha256 mail testing strict", or "fault: reason".
std::string brief(const Result<KeyRecord, KeyRecordFault>& record) {
  if (!record) return "fault: " + std::string{to_text(record.fault())};
  std::string text = record->type == KeyType::rsa ? "rsa" : "ed25519";
  text += " " + std::to_string(record->public_key.size()) + " octets";
  if (record->accepts_sha256) text += " sha256";
  if (record->is_for_mail) text += " mail";
  if (record->is_testing) text += " testing";
  if (record->forbids_subdomains) text += " strict";
  return text;
}

BOOST_AUTO_TEST_SUITE(dkim_tag_lists)

BOOST_DATA_TEST_CASE(reads_tag_lists, read_cases("auth/dkim/tag_list.cases"), c) {
  BOOST_TEST(brief(TagList::parse(unescaped(c["text"]))) == unescaped(c["want"]));
}

BOOST_DATA_TEST_CASE(reads_key_records, read_cases("auth/dkim/key_record.cases"), c) {
  BOOST_TEST(brief(parse_key_record(unescaped(c["text"]))) == c["want"]);
}

BOOST_AUTO_TEST_CASE(sixty_four_tags_are_read_and_one_more_is_not) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += "t" + std::to_string(i) + "=;";
  BOOST_TEST(TagList::parse(text).has_value());
  BOOST_TEST(brief(TagList::parse(text + "u=")) == "fault: too many tags");
}

BOOST_AUTO_TEST_CASE(base64_is_read_with_white_space_and_padding_only) {
  BOOST_TEST(decode_base64("AQ ID\r\n\tBA==").value() == std::string("\1\2\3\4"));
  BOOST_TEST(decode_base64("AQID").value() == std::string("\1\2\3"));
  for (const auto* text :
       {"", "=", "A", "AQ", "AQI", "AQID=", "AQ==A", "AQ===", "A-_A", "AQID!"})
    BOOST_TEST(!decode_base64(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(base64_comes_back_as_it_went) {
  std::string octets;
  for (int i = 0; i < 300; ++i) {
    BOOST_TEST(decode_base64(encode_base64(octets + "x")).value() == octets + "x");
    octets += static_cast<char>(i);
  }
  BOOST_TEST(encode_base64("") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
