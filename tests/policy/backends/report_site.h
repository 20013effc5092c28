// SPDX-License-Identifier: Apache-2.0
// A site of two hosts that collect reports in files of their own and share a real Redis.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/backends/redis_reports.h"
#include "policy/chores/report_sharing.h"
#include "tests/policy/backends/report_post.h"
#include "tests/support/redis_server.h"

namespace milterward::tests {

using Mails = std::vector<std::string>;
using Messages = std::map<std::string, std::uint64_t>;

std::unique_ptr<backends::RedisReports> shared_at(
    const RedisServer& redis, std::chrono::milliseconds lease = backends::report_lease);

/// Whoever else may write to the same server; the answer, where it is a number.
std::int64_t tell_redis(const RedisServer& redis, const std::vector<std::string>& words);
void drop_key(const RedisServer& redis, const std::string& key);

/// Nobody waits for it: whoever was killed would keep the lease for minutes.
void end_the_lease(const RedisServer& redis);

struct Host : Post {
  explicit Host(const RedisServer& store);

  const RedisServer& redis;

  chores::ReportSharing::Round site_round(ports::AtReportPoint at = {});
  /// What is collected and not handed over.
  std::size_t waiting() const;
};

struct Site {
  RedisServer redis;
  Host one{redis};
  Host two{redis};

  Mails mails() const;
  void advance(std::chrono::seconds by);
  /// Both hand over what they have, wait for the other, and report.
  void report();
  void collect();
};

/// What Site::collect() makes.
inline const Messages of_both{{"a.test", 4}, {"b.test", 1}, {"c.test", 1}};

}  // namespace milterward::tests
