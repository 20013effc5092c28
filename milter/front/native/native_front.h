// SPDX-License-Identifier: Apache-2.0
// The front on our own engine: a thread for each connection from a pool whose idle threads
// wait at the listening socket, and a watchdog for peers that are late. No more come in
// than the descriptor limit leaves room for; the backlog holds the others.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "milter/front/current_services.h"
#include "milter/front/front.h"
#include "milter/front/listening_socket.h"
#include "milter/front/native/entrance.h"
#include "milter/front/native/socket_channel.h"
#include "milter/front/native/worker_pool.h"

namespace milterward::front {

class NativeFront final : public Front {
 public:
  /// Both must outlive it. `tick` is the unit of `patience`; shorter ones are for tests.
  NativeFront(const ListeningSocket& socket, const CurrentServices& services,
              Patience patience = {},
              std::chrono::milliseconds tick = std::chrono::seconds{1});
  /// Closes connections that are served still: drain first.
  ~NativeFront() override;

  void start() override;
  void stop_accepting() override;
  Sessions& sessions() noexcept override { return sessions_; }
  bool gave_up() const noexcept override { return false; }

 private:
  void serve(const std::shared_ptr<Seat>& seat) noexcept;
  void serve_backlog() noexcept;
  void refuse_backlog() noexcept;
  void leave(const std::shared_ptr<Seat>& seat) noexcept;
  void watch() noexcept;

  const ListeningSocket& socket_;
  const CurrentServices& services_;
  Patience patience_;
  std::chrono::milliseconds tick_length_;
  std::size_t most_;
  Sessions sessions_;
  std::atomic<std::int64_t> tick_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ending_{false};
  std::optional<Entrance> entrance_;
  std::optional<WorkerPool> pool_;
  std::thread watchdog_;
};

}  // namespace milterward::front
