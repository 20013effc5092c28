// SPDX-License-Identifier: Apache-2.0
// Authentication-Results as a value: the cases of auth/authres/field.cases, and that
// printer and parser are inverse to each other.
#include "policy/auth/authres/field.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

using tests::read_cases;
using tests::unescaped;

/// "mx.test | spf=pass <reason> smtp.mailfrom=[a@b] | ...": values in brackets.
std::string brief(const Result<AuthresField, AuthresFault>& field) {
  if (!field) return fmt::format("fault: {}", to_text(field.fault()));
  std::string text = field->authserv_id;
  for (const auto& method : field->methods) {
    text += fmt::format(" | {}={}", method.method, method.result);
    if (!method.reason.empty()) text += fmt::format(" <{}>", method.reason);
    for (const auto& property : method.properties)
      text += fmt::format(" {}.{}=[{}]", property.type, property.name, property.value);
  }
  return text;
}

constexpr AuthresForm plain{AuthresComments::shown, FieldText::ascii};
constexpr AuthresForm internationalized{AuthresComments::shown, FieldText::utf8};

std::string printed(const AuthresField& field, AuthresForm form = plain) {
  return print_authres(field, form);
}

AuthresField with_value(std::string value) {
  return {"mx.test", {{"spf", "pass", "", "", {{"smtp", "mailfrom", std::move(value)}}}}};
}

/// Fields of any content that a field can carry: keywords as names, and values out of
/// every character that means something, escaped or not.
class FieldMaker {
 public:
  FieldMaker(unsigned seed, FieldText text) : random_(seed), text_(text) {}

  AuthresField field() {
    AuthresField field{value(1), {}};
    for (auto methods = number(5); methods > 0; --methods)
      field.methods.push_back(method());
    return field;
  }

 private:
  AuthresMethod method() {
    AuthresMethod method{keyword(), keyword(), "", value(0), {}};
    for (auto properties = number(6); properties > 0; --properties)
      method.properties.push_back({keyword(), keyword(), value(0)});
    return method;
  }
  std::size_t number(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>{0, most}(random_);
  }
  std::string keyword() {
    static const std::vector<std::string> known{
        "dkim", "spf", "pass", "fail", "header", "smtp", "policy", "remote-ip",
        "none", "d",   "i",    "b",    "reason", "x-1",  "a_b",    "0"};
    return known[number(known.size() - 1)];
  }
  std::string value(std::size_t least) {
    static const std::vector<std::string> pieces{
        "a",         "Z",         "0",       ".",        "-",           "_",
        "@",         "=",         "/",       " ",        "\"",          "\\",
        "(",         ")",         ";",       "<",        ">",           ",",
        ":",         "[",         "]",       "?",        "+",           "%",
        "!",         "'",         "*",       "none",     "reason",      "@out.test",
        "\"@x.test", "dkim=pass", "header.", "\xc3\xbc", "\xe2\x82\xac"};
    constexpr std::size_t above_ascii = 2;  // the last ones
    const auto usable = pieces.size() - (text_ == FieldText::ascii ? above_ascii : 0);
    std::string all;
    for (auto length = least + number(30); length > 0; --length)
      all += pieces[number(usable - 1)];
    return all;
  }
  std::mt19937 random_;
  FieldText text_;
};

BOOST_AUTO_TEST_SUITE(authres_fields)

BOOST_DATA_TEST_CASE(reads_fields, read_cases("auth/authres/field.cases"), c) {
  BOOST_TEST(brief(parse_authres(unescaped(c["field"]))) == c["want"]);
}

/// As transport may hand it on: refolded at every blank, with comments between all words.
std::string refolded(std::string_view printed) {
  std::string text;
  bool in_quotes = false;
  for (std::size_t i = 0; i < printed.size(); ++i) {
    const char c = printed[i];
    if (c == '\\' && in_quotes) {
      text += printed.substr(i++, 2);
      continue;
    }
    if (c == '"') in_quotes = !in_quotes;
    if (c == ' ' && !in_quotes)
      text += "\r\n (a; \"b\\) dkim=pass\") ";
    else
      text += c;
  }
  return text;
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back_the_same) {
  for (const auto form : {plain, internationalized})
    for (unsigned seed = 0; seed < 3000; ++seed) {
      const auto field = FieldMaker{seed, form.text}.field();
      const auto text = print_authres(field, form);
      for (const auto& way : {text, refolded(text)}) {
        const auto read = parse_authres(way);
        BOOST_TEST_REQUIRE(read.has_value(), way << " of seed " << seed);
        BOOST_TEST_REQUIRE((*read == field), way << " read as " << brief(read));
        BOOST_TEST_REQUIRE(print_authres(*read, form) == text);
      }
    }
}

BOOST_AUTO_TEST_CASE(comments_are_read_as_nothing) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const auto field = FieldMaker{seed, FieldText::ascii}.field();
    auto commented = field;
    for (auto& method : commented.methods) method.comment = "a; b=c \"(d\\)\r\n";
    const auto read = parse_authres(print_authres(commented, plain));
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST_REQUIRE((*read == field));
    BOOST_TEST_REQUIRE(
        print_authres(commented, {AuthresComments::left_out, FieldText::ascii}) ==
        print_authres(field, plain));
  }
}

BOOST_AUTO_TEST_CASE(a_field_without_methods_says_none) {
  BOOST_TEST(printed({"mx.test", {}}) == " mx.test; none");
}

BOOST_AUTO_TEST_CASE(each_method_has_a_line_of_its_own) {
  const AuthresField field{"mx.test",
                           {{"spf", "pass", "", "", {{"smtp", "mailfrom", "out.test"}}},
                            {"dkim",
                             "fail",
                             "2048-bit key",
                             "body hash did not verify",
                             {{"header", "d", "out.test"}, {"header", "b", "ab/cd+e="}}}}};
  BOOST_TEST(printed(field) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=out.test;\r\n"
             "\tdkim=fail (2048-bit key) reason=\"body hash did not verify\"\r\n"
             "\theader.d=out.test header.b=\"ab/cd+e=\"");
}

BOOST_AUTO_TEST_CASE(lines_are_folded_before_column_78) {
  AuthresField field{"mx.test", {{"dkim", "pass", "", "", {}}}};
  for (std::size_t length = 1; length < 40; ++length)
    field.methods[0].properties.push_back({"header", "d", std::string(length, 'a')});
  const auto text = std::string{authres_field_name} + ":" + printed(field);
  for (const auto line : split(text, '\n'))
    BOOST_TEST(trim(line).size() + (line.starts_with('\t') ? 8 : 0) <= 78U);
}

BOOST_AUTO_TEST_CASE(an_address_keeps_its_at_sign_outside_quotes) {
  BOOST_TEST(printed(with_value("a+b@out.test")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=a+b@out.test");
  BOOST_TEST(printed(with_value("@out.test")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=@out.test");
}

BOOST_AUTO_TEST_CASE(a_local_part_that_is_no_token_is_quoted) {
  BOOST_TEST(printed(with_value("SRS0=x=y@out.test")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"SRS0=x=y\"@out.test");
  BOOST_TEST(printed(with_value("a; dkim=pass@out.test")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"a; dkim=pass\"@out.test");
}

BOOST_AUTO_TEST_CASE(a_value_cannot_leave_its_place) {
  BOOST_TEST(printed(with_value("x\r\nBcc: evil\x7f")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"x??Bcc: evil?\"");
  BOOST_TEST(printed(with_value("a\"; dmarc=pass \\")) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"a\\\"; dmarc=pass \\\\\"");
}

BOOST_AUTO_TEST_CASE(a_comment_that_is_cut_says_so) {
  const auto printed = [](const std::string& comment) {
    return print_authres({"mx.home.test", {{"iprev", "pass", comment, "", {}}}});
  };
  const std::string name = std::string(66, 'a') + ".victim.test";
  BOOST_TEST(printed(name).ends_with("(" + name + ")"));
  BOOST_TEST(printed(name + ".out.example")
                 .ends_with("(" + std::string(66, 'a') + ".victim.t...)"));
}

BOOST_AUTO_TEST_CASE(a_comment_cannot_leave_its_place) {
  const AuthresField field{"mx.test", {{"dkim", "pass", "a) b=c (\\\r\n", "", {}}}};
  BOOST_TEST(printed(field) == " mx.test;\r\n\tdkim=pass (a\\) b=c \\(\\\\?\?)");
}

BOOST_AUTO_TEST_CASE(utf8_stays_in_an_internationalized_message_only) {
  const auto joerg = with_value("j\xc3\xb6rg@xn--mnchen-3ya.test");
  BOOST_TEST(printed(joerg, internationalized) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=j\xc3\xb6rg@xn--mnchen-3ya.test");
  BOOST_TEST(printed(joerg) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"j??rg\"@xn--mnchen-3ya.test");
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_utf8_become_question_marks) {
  BOOST_TEST(printed(with_value("j\xf6rg@out.test"), internationalized) ==
             " mx.test;\r\n\tspf=pass smtp.mailfrom=\"j?rg\"@out.test");
}

BOOST_AUTO_TEST_CASE(no_value_makes_a_line_longer_than_transport_takes) {
  for (const std::string_view piece : {"\"", "a", "\xfc", "\xc3\xbc", "\"@"})
    for (const auto form : {plain, internationalized}) {
      std::string value;
      while (value.size() < 100'000) value += piece;
      for (const auto line : split(printed(with_value(value), form), '\n'))
        BOOST_TEST(line.size() < 998U);
    }
}

BOOST_AUTO_TEST_CASE(a_megabyte_is_too_long) {
  BOOST_TEST(
      (parse_authres(std::string(1024 * 1024, '(')).fault() == AuthresFault::too_long));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
