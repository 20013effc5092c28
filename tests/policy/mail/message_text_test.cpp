// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/message_text.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward::tests {
namespace {

std::string brief(const MessageText& message) {
  std::string text = message.line_end == LineEnd::lf ? "lf" : "crlf";
  for (const auto& field : message.headers)
    text += " [" + field.name + ":" + field.value + "]";
  return text + " / " + message.body;
}

std::string without_trailing_blank(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

BOOST_DATA_TEST_CASE(messages, read_cases("mail/message_text.cases"), c) {
  const auto message = parse_message(unescaped(c.get("text")));
  BOOST_TEST(without_trailing_blank(brief(message)) ==
             without_trailing_blank(unescaped(c["want"])));
}

}  // namespace milterward::tests
