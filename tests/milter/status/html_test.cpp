// SPDX-License-Identifier: Apache-2.0
#include "milter/status/html.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace milterward::status;

BOOST_AUTO_TEST_SUITE(html_of_strangers)

BOOST_AUTO_TEST_CASE(markup_becomes_text) {
  BOOST_TEST(html("<script>alert('1')</script>&\"x\"") ==
             "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;x&quot;");
}

BOOST_AUTO_TEST_CASE(letters_of_all_scripts_stay) {
  BOOST_TEST(html("jörg@bücher.example") == "jörg@bücher.example");
  BOOST_TEST(html("用户@例子.example") == "用户@例子.example");
  BOOST_TEST(html("דוד@example.org \xf0\x9f\x93\xa7") ==
             "דוד@example.org \xf0\x9f\x93\xa7");
}

BOOST_AUTO_TEST_CASE(what_turns_the_line_around_is_spelled_out) {
  BOOST_TEST(html("a\xe2\x80\xaegro.elpmaxe@b") == "a\\u{202e}gro.elpmaxe@b");
  BOOST_TEST(html("\xe2\x81\xa6x\xe2\x81\xa9") == "\\u{2066}x\\u{2069}");
  BOOST_TEST(html("\xd8\x9c") == "\\u{61c}");
}

BOOST_AUTO_TEST_CASE(what_is_not_seen_is_spelled_out) {
  BOOST_TEST(html(std::string_view{"a\0b\r\n\x1b[31m\x7f", 11}) ==
             "a\\u{0}b\\u{d}\\u{a}\\u{1b}[31m\\u{7f}");
  BOOST_TEST(html("pay\xe2\x80\x8bpal\xc2\xad\xef\xbb\xbf") ==
             "pay\\u{200b}pal\\u{ad}\\u{feff}");
  BOOST_TEST(html("\xf3\xa0\x81\x81") == "\\u{e0041}");
  BOOST_TEST(html("\xc2\x85") == "\\u{85}");
}

BOOST_AUTO_TEST_CASE(what_is_no_utf8_becomes_a_mark) {
  const std::string mark = "\xef\xbf\xbd";
  BOOST_TEST(html("a\xff"
                  "b\xc3") == "a" + mark + "b" + mark);
  BOOST_TEST(html("\xc0\xbc") == mark + mark);             // an overlong "<"
  BOOST_TEST(html("\xed\xa0\x80") == mark + mark + mark);  // a surrogate
  BOOST_TEST(html("\xe2\x80<") == mark + mark + "&lt;");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters) {
  BOOST_TEST(html("äöü", 3) == "äö…");
  BOOST_TEST(html("äöü", 6) == "äöü");
  BOOST_TEST(html(std::string(5000, '<')).size() == 300 * 4 + 3);
}

BOOST_AUTO_TEST_CASE(an_island_keeps_its_direction_to_itself) {
  BOOST_TEST(island("a<b") == "<bdi>a&lt;b</bdi>");
}

BOOST_AUTO_TEST_SUITE_END()
