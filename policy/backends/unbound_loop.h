// SPDX-License-Identifier: Apache-2.0
// The one thread that talks to libunbound. Message threads hand it questions through a
// queue and an eventfd; asking libunbound from several threads makes each lookup dearer by
// a factor of a hundred and more, and gives no bound on how long one question may take.
// That bound is here: a question that is late is reported as timed out, its answer still
// when it comes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "policy/backends/dns_cache.h"
#include "policy/backends/unbound_config.h"
#include "policy/base/clock.h"

namespace milterward::backends {

class UnboundLoop {
 public:
  /// Called in the loop's thread; must not throw or wait. Comes once per question, where
  /// memory is out too, and once more with an answer that arrives after the question was
  /// reported as timed out.
  using Report = std::function<void(const DnsKey&, const ports::DnsResult&)>;

  /// Whom to ask. Called by the constructor, then in the loop's thread while questions find
  /// no answer, since the machine may have got other servers than it had at our start.
  using Servers = std::function<ForwardAddresses()>;

  /// Starts the thread. Throws std::runtime_error when libunbound refuses the settings.
  UnboundLoop(Servers servers, const std::string& trust_anchor_file, const Clock& clock,
              Report report);
  /// Reports every question under way as server_failure and ends the thread.
  ~UnboundLoop();

  /// Hands a question over. Never waits.
  void start(DnsKey key, SteadyTime asked, SteadyTime give_up_at);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace milterward::backends
