// SPDX-License-Identifier: Apache-2.0
// Tells people of events, by hook and webhook. It stands before the log as the sink of the
// process: every event goes on to the log, and those that are chosen set out from here.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "conf/settings/notify.h"
#include "milter/notify/courier.h"
#include "milter/notify/hourly_rate.h"
#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/base/sink.h"
#include "policy/ports/hook.h"
#include "policy/ports/webhook.h"

namespace milterward::notify {

/// The two ways out.
struct Messengers {
  std::unique_ptr<ports::Hook> hook;
  std::unique_ptr<ports::Webhook> webhook;
};

class Notifier final : public Sink {
 public:
  /// Starts threads. Nobody is told anything until `configure`; `host` is who tells.
  Notifier(Sink& log, std::string host, Messengers messengers,
           std::shared_ptr<const Clock> clock);

  /// From the next event on; what waits goes where it was to go. `token` is what the file
  /// of the token holds.
  void configure(const conf::NotifySettings& settings, std::string token);

  void write(Event event, const std::vector<LogField>& fields) noexcept override;

  /// What waits gets so long to set out; then it is dropped, and nobody is told any more.
  void finish(std::chrono::milliseconds patience) noexcept;

 private:
  struct Target {
    conf::NotifySettings settings;
    std::string token;
  };
  struct State {
    std::shared_ptr<const Target> target;
    HourlyRate rate;
  };
  void tell(const Target& target, Event event, const std::vector<LogField>& fields,
            std::size_t not_told);

  Sink& log_;
  const std::string host_;
  const Messengers messengers_;
  const std::shared_ptr<const Clock> clock_;
  Guarded<State> state_;
  Courier hooks_;
  Courier webhooks_;
};

}  // namespace milterward::notify
