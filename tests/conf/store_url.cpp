// SPDX-License-Identifier: Apache-2.0
#include "conf/store_url.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward::conf {
namespace {

std::string text_of(const StoreUrl& url) {
  if (url.kind == StoreUrl::Kind::sqlite) return "sqlite " + url.path;
  if (!url.path.empty()) return fmt::format("redis {} {}", url.path, url.database);
  std::string text = url.master.empty() ? "redis" : "sentinels";
  for (const auto& peer : url.peers) text += fmt::format(" {} {}", peer.host, peer.port);
  if (!url.master.empty()) text += " " + url.master;
  return fmt::format("{} {}", text, url.database);
}

BOOST_DATA_TEST_CASE(reads_store_urls, tests::read_cases("conf/store_url.cases"), c) {
  const auto url = parse_store_url(c["url"]);
  BOOST_TEST((url ? text_of(*url) : "none") == c["want"]);
}

}  // namespace
}  // namespace milterward::conf
