// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/notifier.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "milter/notify/notification.h"

namespace milterward::notify {
namespace {

bool concerns(const conf::NotifySettings& settings, Event event) {
  return !(settings.hook.empty() && settings.webhook.empty()) &&
         std::ranges::find(settings.events, event) != settings.events.end();
}

}  // namespace

Notifier::Notifier(Sink& log, std::string host, Messengers messengers,
                   std::shared_ptr<const Clock> clock)
    : log_(log),
      host_(std::move(host)),
      messengers_(std::move(messengers)),
      clock_(std::move(clock)),
      hooks_(
          "hook", [this] { messengers_.hook->stop(); }, clock_),
      webhooks_(
          "webhook", [this] { messengers_.webhook->stop(); }, clock_) {}

void Notifier::configure(const conf::NotifySettings& settings, std::string token) {
  auto target = std::make_shared<const Target>(Target{settings, std::move(token)});
  state_.with([&](State& state) {
    state.target = std::move(target);
    state.rate.set_most(settings.per_hour);
  });
}

void Notifier::write(Event event, const std::vector<LogField>& fields) noexcept {
  log_.write(event, fields);
  try {
    std::shared_ptr<const Target> target;
    const auto not_told = state_.with([&](State& state) -> std::optional<std::size_t> {
      if (!state.target || !concerns(state.target->settings, event)) return std::nullopt;
      target = state.target;
      return state.rate.take(event, clock_->now());
    });
    if (not_told) tell(*target, event, fields, *not_told);
  } catch (const std::bad_alloc&) {  // dropped, as said in sink.h
  }
}

void Notifier::tell(const Target& target, Event event, const std::vector<LogField>& fields,
                    std::size_t not_told) {
  const auto& settings = target.settings;
  const auto told = make_notification(event, fields, host_, clock_->today(), not_told);
  if (!settings.hook.empty())
    hooks_.take(event, [this, call = ports::HookCall{settings.hook, told.environment,
                                                     told.json, settings.hook_timeout}] {
      return messengers_.hook->run(call);
    });
  if (!settings.webhook.empty())
    webhooks_.take(
        event, [this, call = ports::WebhookCall{settings.webhook, target.token, told.json,
                                                settings.webhook_timeout}] {
          return messengers_.webhook->post(call);
        });
}

void Notifier::finish(std::chrono::milliseconds patience) noexcept {
  state_.with([](State& state) { state.target = nullptr; });
  const auto until = std::chrono::steady_clock::now() + patience;
  hooks_.finish(until);
  webhooks_.finish(until);
}

}  // namespace milterward::notify
