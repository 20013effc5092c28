// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/redis_connection.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <charconv>
#include <optional>

#include "policy/backends/timeval_of.h"

namespace milterward::backends {
namespace {

using std::chrono::microseconds;

struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

/// hiredis refuses replies that nest deeper than seven levels.
RedisReply copy_of(const redisReply& reply) {
  RedisReply copy;
  copy.integer = reply.integer;
  if (reply.str != nullptr) copy.text.assign(reply.str, reply.len);
  for (std::size_t i = 0; i < reply.elements; ++i)
    copy.items.push_back(copy_of(*reply.element[i]));
  return copy;
}

Deadline within(std::chrono::milliseconds timeout) {
  return Deadline{std::chrono::steady_clock::now() + timeout};
}

/// Address and port, as a sentinel answers.
std::optional<conf::StorePeer> peer_of(const RedisReply& reply) {
  if (reply.items.size() != 2) return std::nullopt;
  const auto& port = reply.items[1].text;
  conf::StorePeer peer{reply.items[0].text, 0};
  const auto [stop, error] =
      std::from_chars(port.data(), port.data() + port.size(), peer.port);
  if (error != std::errc{} || stop != port.data() + port.size()) return std::nullopt;
  return peer;
}

}  // namespace

void RedisConnection::Free::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

RedisConnection::Opened RedisConnection::open(const conf::StoreUrl& url,
                                              std::chrono::milliseconds timeout) {
  auto opened =
      !url.master.empty() ? connect_to_master(url, timeout)
      : url.path.empty()
          ? connect(url.peers.front(), timeout)
          : adopt(redisConnectUnixWithTimeout(url.path.c_str(), timeval_of(timeout)));
  if (!opened) return opened;
  const auto selected =
      (*opened)->command({"SELECT", std::to_string(url.database)}, within(timeout));
  if (!selected) return Unexpected{selected.fault()};
  return opened;
}

RedisConnection::Opened RedisConnection::adopt(redisContext* context) {
  if (context == nullptr) return Unexpected{std::string{"no memory"}};
  std::unique_ptr<RedisConnection> connection{new RedisConnection{context}};
  if (context->err != 0) return Unexpected{std::string{context->errstr}};
  return connection;
}

RedisConnection::Opened RedisConnection::connect(const conf::StorePeer& peer,
                                                 std::chrono::milliseconds timeout) {
  return adopt(redisConnectWithTimeout(peer.host.c_str(), peer.port, timeval_of(timeout)));
}

/// As redis.io/docs/reference/sentinel-clients has it: the first sentinel that answers
/// names the master, which is then asked whether it is one; right after a failover a
/// sentinel may still name the former.
RedisConnection::Opened RedisConnection::connect_to_master(
    const conf::StoreUrl& url, std::chrono::milliseconds timeout) {
  std::string reason;
  for (const auto& sentinel : url.peers) {
    const auto asked = connect(sentinel, timeout);
    if (!asked) {
      reason = fmt::format("sentinel {}: {}", sentinel.host, asked.fault());
      continue;
    }
    const auto address = (*asked)->command(
        {"SENTINEL", "get-master-addr-by-name", url.master}, within(timeout));
    const auto master = address ? peer_of(*address) : std::nullopt;
    if (!master) {
      reason = fmt::format("sentinel {}: {}", sentinel.host,
                           address ? "knows no such master" : address.fault());
      continue;
    }
    auto opened = connect(*master, timeout);
    if (!opened) {
      reason = opened.fault();
      continue;
    }
    const auto role = (*opened)->command({"ROLE"}, within(timeout));
    if (role && !role->items.empty() && role->items[0].text == "master") return opened;
    reason = role ? "the server that sentinels name is no master" : role.fault();
  }
  return Unexpected{reason};
}

Result<RedisReply, std::string> RedisConnection::command(
    const std::vector<std::string>& words, Deadline deadline) {
  const auto left = std::chrono::duration_cast<microseconds>(
      deadline.at() - std::chrono::steady_clock::now());
  if (left <= microseconds{0}) return Unexpected{std::string{"takes too long"}};
  redisSetTimeout(context_.get(), timeval_of(left));
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeReply> reply{
      static_cast<redisReply*>(redisCommandArgv(
          context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data()))};
  if (!reply) return Unexpected{std::string{context_->errstr}};
  if (reply->type == REDIS_REPLY_ERROR)
    return Unexpected{std::string{reply->str, reply->len}};
  return copy_of(*reply);
}

}  // namespace milterward::backends
