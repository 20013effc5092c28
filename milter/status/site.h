// SPDX-License-Identifier: Apache-2.0
// What is shown under which path, and to whom: numbers (/metrics) and the page (/, /search)
// to everybody, what names people only with the token.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/status/guesses.h"
#include "milter/status/page.h"
#include "policy/base/clock.h"
#include "policy/ports/web_site.h"

namespace milterward::status {

/// What the site shows, asked anew for each request and in several threads.
struct SiteSources {
  std::function<std::string()> metrics;             // as text for Prometheus
  std::function<std::vector<std::string>()> hosts;  // names it may be asked by
  std::function<std::string()> token;               // "" for none
  std::function<Overview()> overview;
  std::function<SearchResult(const std::string&)> search;
  std::string host;
  std::function<SteadyTime()> now = [] { return SystemClock{}.now(); };
};

class Site {
 public:
  explicit Site(SiteSources sources) : sources_(std::move(sources)) {}

  /// With the fields that forbid a browser everything but to show it.
  ports::WebAnswer answer(const ports::WebRequest& request) const;

 private:
  SiteSources sources_;
  mutable Guesses guesses_;
};

/// Is `host` (RFC 9110 section 7.2, with a port or without) an address, localhost, or one
/// of the names? A name that somebody else has pointed here is none (DNS rebinding).
bool is_host_of_ours(std::string_view host, const std::vector<std::string>& names);

}  // namespace milterward::status
