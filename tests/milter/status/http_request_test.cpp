// SPDX-License-Identifier: Apache-2.0
#include "milter/status/http_request.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "milter/status/site.h"

using namespace milterward;
using namespace milterward::status;

namespace {

int fault_of(std::string_view header) {
  const auto request = strained(header);
  return request ? 0 : request.fault();
}

ports::WebAnswer asked(const std::string& path, const std::string& host) {
  const Site site{{[] { return std::string{"numbers\n"}; },
                   [] { return std::vector<std::string>{"mail.example.org"}; },
                   [] { return std::string{}; }, [] { return Overview{}; },
                   [](const std::string& wanted) {
                     return SearchResult{wanted, {}, ""};
                   },
                   "mail.example.org"}};
  return site.answer({path, {}, host, ""});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_request)

BOOST_AUTO_TEST_CASE(only_what_is_answered_by_is_let_through) {
  const auto request = strained(
      "GET /metrics HTTP/1.1\r\nhost: localhost:9117\r\nRange: bytes=0-,0-,0-\r\n"
      "Content-Length: 99999999\r\nTransfer-Encoding: chunked\r\nAccept-Encoding: gzip\r\n"
      "AUTHORIZATION:  Bearer abc \r\nExpect: 100-continue\r\nCookie: a=b\r\n\r\n");
  BOOST_REQUIRE(request.has_value());
  BOOST_TEST(*request ==
             "GET /metrics HTTP/1.1\r\nHost: localhost:9117\r\n"
             "Authorization: Bearer abc\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_refused) {
  BOOST_TEST(fault_of("") == 400);
  BOOST_TEST(fault_of("\r\n") == 400);
  BOOST_TEST(fault_of("GET / HTTP/1.1\r\n\r\n") == 400);  // no host
  BOOST_TEST(fault_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET / HTTP/2\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET / HTTP/1.1\r\nHost : a\r\n\r\n") == 400);
  BOOST_TEST(fault_of("GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n") == 400);
}

BOOST_AUTO_TEST_CASE(nothing_but_reading_is_offered) {
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"})
    BOOST_TEST(fault_of(method + " / HTTP/1.1\r\nHost: a\r\n\r\n") == 405);
  BOOST_TEST(fault_of("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n") == 0);
  BOOST_TEST(refusal(405).find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(other_names_are_turned_away) {
  for (const auto* host :
       {"localhost", "LOCALHOST:9117", "127.0.0.1", "127.0.0.1:9117", "[::1]", "[::1]:9117",
        "192.0.2.1:80", "mail.example.org", "Mail.Example.org:9117"})
    BOOST_TEST(asked("/metrics", host).status == 200, host);
  for (const auto* host : {"", "evil.example", "mail.example.org.evil.example",
                           "evil.example:9117", "localhost.evil.example", "]", ":"})
    BOOST_TEST(asked("/metrics", host).status == 421, host);
}

BOOST_AUTO_TEST_CASE(a_browser_may_only_show_it) {
  for (const auto* path : {"/metrics", "/", "/style.css", "/nothing"}) {
    const auto answer = asked(path, "localhost");
    std::string fields;
    for (const auto& [name, value] : answer.headers) {
      fields += name + ": " + value + "\n";
      BOOST_TEST(name != "Access-Control-Allow-Origin");
    }
    BOOST_TEST(fields.find("Content-Security-Policy: default-src 'none'") !=
               std::string::npos);
    BOOST_TEST(fields.find("X-Content-Type-Options: nosniff") != std::string::npos);
  }
  BOOST_TEST(asked("/metrics", "localhost").type ==
             "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(asked("/", "localhost").type == "text/html; charset=utf-8");
  BOOST_TEST(asked("/nothing", "localhost").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
