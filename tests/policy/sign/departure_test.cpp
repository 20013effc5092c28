// SPDX-License-Identifier: Apache-2.0
// What MTAs make of mail behind the filter, and what is covered then.
#include "policy/sign/departure.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "conf/keys.h"
#include "policy/auth/dkim/canonical.h"
#include "policy/base/ascii.h"
#include "policy/sign/request.h"
#include "policy/sign/sendmail_addresses.h"
#include "tests/support/cases.h"

namespace milterward::sign {
namespace {

using tests::Case;
using tests::read_cases;
using tests::unescaped;

std::string relaxed(const std::string& value) {
  auth::CanonicalHeader canonical{auth::Canonicalization::relaxed};
  canonical.append("To", " " + value);
  const auto& text = canonical.text();
  return text.substr(3, text.size() - 5);
}

std::string in_one_line(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  for (const auto word : split(text, ' '))
    if (!word.empty()) words.emplace_back(word);
  return words;
}

/// A line of that many octets, no two places of it alike.
std::string line_of(std::size_t length) {
  std::string line;
  for (std::size_t i = 0; line.size() < length; i += 10) line += fmt::format("{:09},", i);
  return line.substr(0, length);
}

LineLimit limit_named(const std::string& name) {
  return name == "postfix" ? postfix_line_limit : sendmail_line_limit(name);
}

std::string broken(LineLimit limit, std::string_view text, std::size_t chunk) {
  LineBreaker breaker{limit};
  std::string out;
  const auto sink = [&](std::string_view octets) { out += octets; };
  for (std::size_t at = 0; at < text.size(); at += chunk)
    breaker.feed(text.substr(at, chunk), sink);
  breaker.finish(sink);
  return out;
}

RingKey key_of(const Case& c) {
  conf::SigningKey settings{};
  conf::set_fallbacks(settings, conf::signing_key_table().keys);
  if (c.has("key_oversigned")) settings.oversigned = words_in(c["key_oversigned"]);
  if (c.get("form") == "simple") settings.forms = conf::SigningForms::simple_simple;
  return {settings, std::shared_ptr<const ports::PrivateKey>{}};
}

Departure departure_of(const Case& c) {
  const auto mta = c["mta"];
  return {mta == "postfix"    ? Mta::postfix
          : mta == "sendmail" ? Mta::sendmail
                              : Mta::other,
          "mx.test", c.get("mailer", "relay")};
}

BOOST_AUTO_TEST_SUITE(departure)

BOOST_DATA_TEST_CASE(foresees_address_fields, read_cases("sign/sendmail_addresses.cases"),
                     c) {
  const auto written = as_sendmail_writes(unescaped(c["value"]), c.get("host", "mx.test"));
  BOOST_TEST((written ? relaxed(*written) : "unknown") == relaxed(unescaped(c["want"])));
}

BOOST_DATA_TEST_CASE(what_was_written_anew_stays,
                     read_cases("sign/sendmail_addresses.cases"), c) {
  const auto once = as_sendmail_writes(unescaped(c["value"]), "mx.test");
  if (once) BOOST_TEST(as_sendmail_writes(*once, "mx.test").value() == *once);
}

BOOST_DATA_TEST_CASE(foresees_where_lines_break, read_cases("sign/long_lines.cases"), c) {
  const auto limit = limit_named(c["by"]);
  const auto line = line_of(std::stoul(c["line"]));
  const auto text = "a\r\n" + line + "\r\nb\r\n";
  const auto got = broken(limit, text, text.size());
  std::string lengths;
  std::string all;
  for (auto part : split(std::string_view{got}.substr(3), '\n')) {
    if (part == "b\r") break;
    part.remove_suffix(1);
    lengths += fmt::format("{}{}", lengths.empty() ? "" : " ", part.size());
    if (part.starts_with(' ')) part.remove_prefix(1);
    if (part.ends_with('!')) part.remove_suffix(1);
    all += part;
  }
  BOOST_TEST(lengths == c["want"]);
  BOOST_TEST(all == line);
  for (const std::size_t chunk : {1, 2, 7, 989, 2048})
    BOOST_TEST(broken(limit, text, chunk) == got);
}

BOOST_AUTO_TEST_CASE(a_last_line_may_lack_its_end) {
  BOOST_TEST(broken(postfix_line_limit, "a\r\nb\r", 1) == "a\r\nb\r");
  BOOST_TEST(broken(postfix_line_limit, line_of(999), 10) ==
             line_of(998) + "\r\n " + line_of(999).back());
}

BOOST_AUTO_TEST_CASE(the_name_of_a_field_counts_for_its_first_line) {
  const auto value = " " + line_of(1000);
  BOOST_TEST(with_broken_lines(postfix_line_limit, "X", value).find("\r\n ") == 996);
  BOOST_TEST(with_broken_lines(postfix_line_limit, "X", " a\n b") == " a\r\n b");
  BOOST_TEST(has_long_line(postfix_line_limit, "X", value));
  BOOST_TEST(!has_long_line(postfix_line_limit, "X", " " + line_of(995)));
  BOOST_TEST(
      !has_long_line(postfix_line_limit, "X", " " + line_of(995) + "\n " + line_of(997)));
  BOOST_TEST(!has_long_line({}, "X", value));
}

BOOST_DATA_TEST_CASE(covers_what_survives_the_mta, read_cases("sign/fields.cases"), c) {
  RawHeaders headers;
  for (const auto& line : c.all("header")) {
    const auto colon = line.find(':');
    headers.push_back({line.substr(0, colon), unescaped(line.substr(colon + 1))});
  }
  const auto request =
      request_for(key_of(c), leaving_header(departure_of(c), headers), WallTime{});
  BOOST_TEST(in_one_line(request.oversigned) == c["oversigned"]);
  BOOST_TEST(in_one_line(request.signed_if_there) ==
             c.get("signed",
                   "In-Reply-To References List-Id List-Unsubscribe List-Unsubscribe-Post "
                   "List-Post List-Subscribe List-Help List-Owner List-Archive"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::sign
