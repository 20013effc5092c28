// SPDX-License-Identifier: Apache-2.0
// One connection to a Redis server, used by one thread at a time. After a failure it must
// not be used again: an answer may still be on its way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/store_url.h"
#include "policy/base/deadline.h"
#include "policy/base/result.h"

struct redisContext;

namespace milterward::backends {

struct RedisReply {
  std::int64_t integer = 0;
  std::string text;
  std::vector<RedisReply> items;
};

class RedisConnection {
 public:
  /// Connects, by way of a sentinel where there are some, and chooses the database. May
  /// also wait for a host name to be resolved, which
  /// no deadline bounds: not for threads that serve mail.
  static Result<std::unique_ptr<RedisConnection>, std::string> open(
      const conf::StoreUrl& url, std::chrono::milliseconds timeout);

  /// The fault is the server's error, or what happened to the connection.
  Result<RedisReply, std::string> command(const std::vector<std::string>& words,
                                          Deadline deadline);

 private:
  struct Free {
    void operator()(redisContext* context) const noexcept;
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}

  using Opened = Result<std::unique_ptr<RedisConnection>, std::string>;
  static Opened adopt(redisContext* context);
  static Opened connect(const conf::StorePeer& peer, std::chrono::milliseconds timeout);
  static Opened connect_to_master(const conf::StoreUrl& url,
                                  std::chrono::milliseconds timeout);

  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace milterward::backends
