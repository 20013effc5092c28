// SPDX-License-Identifier: Apache-2.0
// The status page as HTML, a pure function of what is known: for a phone as for a wide
// window, light or dark, by keyboard and by ear. Without the token it names domains and
// rules, but no address, no login and no client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "milter/status/chart.h"
#include "milter/status/quota_watch.h"
#include "milter/status/story.h"
#include "policy/base/clock.h"
#include "policy/feedback/picture.h"
#include "policy/ports/journal_charts.h"

namespace milterward::status {

/// What the visitor may see, and what he can do about it.
enum class Access {
  names_shown,   // he has the token
  names_hidden,  // he has not
  no_token,      // nobody can: no token is set
};

struct ShownKey {
  std::string domain, selector, state;
  WallTime since{};  // 1970 where nobody knows
};

/// Of an address that mail leaves from.
struct ShownEgress {
  std::string address;
  std::string state;  // "clean", or what speaks against it
  bool is_well = true;
};

/// What others reported.
struct ShownReports {
  feedback::Picture picture;
  std::string fault;  // why there is none; "" when there is
};

struct Overview {
  std::string host, version;
  WallTime now, began, configured;
  bool last_reload_worked = true;
  std::size_t connections = 0;
  std::size_t messages_in_flight = 0;
  std::vector<std::string> failing;  // "dns"
  std::vector<Chart> charts;
  std::vector<ports::JournalRank> domains, clients, rules;
  std::string journal_fault;  // why there are no charts and lists; "" when there are
  std::vector<WatchedQuota> quotas;
  std::vector<ShownKey> keys;
  std::vector<ShownEgress> egress;
  ShownReports reports;
  /// Events that need a person, since the start: "store.failing", how often.
  std::vector<std::pair<std::string, std::uint64_t>> troubles;
};

std::string overview_page(const Overview& overview, Access access);

/// One decision about what was searched for.
struct Found {
  ports::JournalEntry entry;
  Story story;
};
struct SearchResult {
  std::string wanted;
  std::vector<Found> found;
  std::string fault;  // why it could not be searched; "" when it was
};
std::string search_page(const SearchResult& result, const std::string& host, Access access);

/// A page with a heading and a sentence.
std::string note_page(const std::string& heading, const std::string& sentence);

/// Everything that the pages are dressed in; served beside them, since nothing in a page
/// may style itself (Content-Security-Policy).
const std::string& style_sheet();

/// "joe@example.org" as "…@example.org"; what has no domain as "…".
std::string without_local_part(std::string_view address);

}  // namespace milterward::status
