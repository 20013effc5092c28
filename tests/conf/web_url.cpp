// SPDX-License-Identifier: Apache-2.0
#include "conf/web_url.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward::conf {
namespace {

std::string text_of(const WebUrl& url) {
  return fmt::format("{} {} {} {}", url.scheme == WebUrl::Scheme::https ? "https" : "http",
                     url.host, url.port, url.target);
}

BOOST_DATA_TEST_CASE(reads_web_urls, tests::read_cases("conf/web_url.cases"), c) {
  const auto url = parse_web_url(c["url"]);
  BOOST_TEST((url ? text_of(*url) : "none") == c["want"]);
}

}  // namespace
}  // namespace milterward::conf
