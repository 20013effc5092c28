// SPDX-License-Identifier: Apache-2.0
#include "milter/key_chores.h"

#include <chrono>
#include <utility>

#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"
#include "policy/chores/key_keeper.h"
#include "policy/sign/key_publication.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using chores::RecordChange;

/// A record that was published is seen in DNS within minutes at best.
constexpr auto between_rounds = 5min;
constexpr auto hook_limit = 60s;

std::optional<std::string> run_hook(ports::Hook& hook, const std::string& program,
                                    const RecordChange& change) {
  const bool publishes = change.kind == RecordChange::Kind::publish;
  return hook.run(
      {program,
       {std::string{"MILTERWARD_ACTION="} + (publishes ? "publish" : "withdraw"),
        "MILTERWARD_DOMAIN=" + change.domain.name(),
        "MILTERWARD_SELECTOR=" + change.selector, "MILTERWARD_NAME=" + change.name,
        "MILTERWARD_VALUE=" + change.text},
       sign::zone_file_record(change.name, change.text),
       hook_limit});
}

}  // namespace

KeyChores::KeyChores(const front::CurrentServices& services,
                     commands::MakeKeyCabinet make_cabinet,
                     std::unique_ptr<ports::Hook> hook)
    : services_(services),
      make_cabinet_(std::move(make_cabinet)),
      hook_(std::move(hook)),
      thread_([this] { work(); }) {}

KeyChores::~KeyChores() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  if (hook_) hook_->stop();
  ends_.notify_all();
  thread_.join();
}

bool KeyChores::is_ending() {
  const std::lock_guard lock{mutex_};
  return is_ending_;
}

void KeyChores::work() {
  do {
    at_c_boundary("key chores", 0, [&] {
      make_a_round(*services_.get());
      return 0;
    });
    std::unique_lock lock{mutex_};
    ends_.wait_for(lock, between_rounds, [&] { return is_ending_; });
  } while (!is_ending());
}

void KeyChores::make_a_round(const Services& services) {
  const auto& sign = services.config->sign;
  if (sign.directory.empty() || sign.rotate_every.count() == 0) return;
  const auto cabinet = make_cabinet_(sign.directory, services.config->daemon.user);
  std::function<std::optional<std::string>(const RecordChange&)> publish;
  if (hook_ && !sign.publish_hook.empty())
    publish = [&](const RecordChange& change) {
      return run_hook(*hook_, sign.publish_hook, change);
    };
  chores::KeyKeeper keeper{
      {*cabinet.keys, *cabinet.store, *cabinet.states, *services.dns, *services.clock,
       publish},
      {std::chrono::duration_cast<std::chrono::seconds>(sign.rotate_every),
       std::chrono::duration_cast<std::chrono::seconds>(sign.retire_after)}};
  const auto domains = cabinet.states->domains();
  if (!domains) {
    log_event(Event::key_care_failed, {{"domain", ""}, {"reason", domains.fault().reason}});
    return;
  }
  for (const auto& domain : *domains) {
    if (is_ending()) return;
    const auto kept = keeper.tend(
        domain, Deadline::after(*services.clock, services.config->dns.message_deadline));
    if (!kept)
      log_event(Event::key_care_failed,
                {{"domain", domain.name()}, {"reason", kept.fault().reason}});
    if (services.key_shelf) services.key_shelf->doubt(domain);
  }
}

}  // namespace milterward
