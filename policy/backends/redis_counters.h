// SPDX-License-Identifier: Apache-2.0
// The store that many daemons share. One script counts and reads in one step; what is given
// back is taken off again. A daemon that dies leaves its messages in flight counted, until
// their window passes: never too little.
//
// Threads that serve mail never connect: a thread of the store does, since resolving a host
// name knows no deadline. While the server is away they learn so at once. With
// store.on_outage = "local_share" each daemon then lets through its part of a limit,
// limit / store.hosts a window however often the server goes and comes, and adds what it
// counted when the server is back. So at most the limit twice gets through in a window in
// which the server was away, and nothing more than the limit otherwise.
//
// Counts are as durable as the server makes them: with "appendonly yes" they outlive it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "conf/settings/store.h"
#include "policy/backends/counter_table.h"
#include "policy/backends/redis_connection.h"
#include "policy/base/clock.h"

namespace milterward::backends {

class RedisCounters final : public ports::Counters {
 public:
  /// Begins to connect; a server that is away is waited for.
  RedisCounters(conf::StoreSettings settings, std::shared_ptr<const Clock> clock);
  /// Adds what is to be added, if the server is there.
  ~RedisCounters() override;

  Result<ports::HitResult, ports::StoreFault> hit(std::span<const ports::Hit> hits,
                                                  ports::Grant grant, ports::Seconds now,
                                                  Deadline deadline) override;
  /// Redis has it already; of the share of this daemon it is noted for later.
  Result<std::monostate, ports::StoreFault> keep(std::span<const ports::Granted> granted,
                                                 Deadline deadline) override;
  void give_back(std::span<const ports::Granted> granted) noexcept override;
  /// While the server is away it is a fault.
  Result<std::monostate, ports::StoreFault> clear(std::span<const std::string> counters,
                                                  Deadline deadline) override;

 private:
  struct Session;  // a connection with its scripts
  using SessionPtr = std::unique_ptr<Session>;

  /// Of each counter and slice together, however many messages there were.
  using Shares = std::map<std::pair<std::string, ports::Seconds>, ports::Granted>;
  static void add(Shares& shares, const ports::Granted& granted);

  Result<SessionPtr, std::string> connect() const;
  Result<SessionPtr, std::string> borrow(Deadline deadline);
  void return_healthy(SessionPtr session);
  void give_up(SessionPtr session, const std::string& reason);
  Result<ports::HitResult, ports::StoreFault> hit_share(std::span<const ports::Hit> hits,
                                                        ports::Grant grant,
                                                        ports::Seconds now,
                                                        const std::string& reason);
  void serve();
  void come_up(std::unique_lock<std::mutex>& lock);
  void add_session(std::unique_lock<std::mutex>& lock);
  void note_failure(const std::string& reason);
  std::string merge(Session& session, Shares& kept);
  Deadline soon() const;

  const conf::StoreSettings settings_;
  const conf::StoreUrl url_;
  const std::shared_ptr<const Clock> clock_;

  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::vector<SessionPtr> idle_;
  std::size_t open_ = 0;
  std::size_t waiting_ = 0;
  bool is_up_ = false;
  std::string reported_;  // the failure last logged; "" when all is well
  CounterTable share_;    // what this daemon let through while the server was away
  Shares to_merge_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace milterward::backends
