// SPDX-License-Identifier: Apache-2.0
#include "milter/key_chores.h"

#include <chrono>
#include <utility>

#include "policy/base/sink.h"
#include "policy/chores/key_keeper.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/key_shown.h"

namespace milterward {
namespace {

using chores::RecordChange;

std::optional<std::string> run_hook(ports::Hook& hook, const std::string& program,
                                    const RecordChange& change,
                                    std::chrono::milliseconds limit) {
  const bool publishes = change.kind == RecordChange::Kind::publish;
  return hook.run(
      {program,
       {std::string{"MILTERWARD_ACTION="} + (publishes ? "publish" : "withdraw"),
        "MILTERWARD_DOMAIN=" + change.domain.name(),
        "MILTERWARD_SELECTOR=" + change.selector, "MILTERWARD_NAME=" + change.name,
        "MILTERWARD_VALUE=" + change.text},
       sign::zone_file_record(change.name, change.text),
       limit});
}

Deadline soon(const Services& services) {
  return Deadline::after(*services.clock, services.config->dns.message_deadline);
}

}  // namespace

KeyChores::KeyChores(const front::CurrentServices& services,
                     commands::MakeKeyCabinet make_cabinet,
                     std::unique_ptr<ports::Hook> hook, Pace pace)
    : services_(services),
      make_cabinet_(std::move(make_cabinet)),
      hook_(std::move(hook)),
      pace_(pace),
      thread_(
          "key chores",
          [this] {
            make_a_round(*services_.get());
            return pace_.between_rounds;
          },
          pace.between_rounds) {}

KeyChores::~KeyChores() {
  thread_.ask_to_end();
  if (hook_) hook_->stop();
}

void KeyChores::make_a_round(const Services& services) {
  const auto& sign = services.config->sign;
  const bool leads = !sign.directory.empty() && sign.rotate_every.count() > 0;
  const bool looks = is_time_to_look(*services.clock);
  if (looks) look_at_named(services);
  if (sign.directory.empty() || (!leads && !looks)) return;
  const auto cabinet = make_cabinet_(sign.directory, services.config->daemon.user);
  std::function<std::optional<std::string>(const RecordChange&)> publish;
  if (hook_ && !sign.publish_hook.empty())
    publish = [&](const RecordChange& change) {
      return run_hook(*hook_, sign.publish_hook, change, pace_.hook_limit);
    };
  chores::KeyKeeper keeper{
      {*cabinet.keys, *cabinet.store, *cabinet.states, *services.dns,
       services.name_servers.get(), *services.clock, publish},
      {std::chrono::duration_cast<std::chrono::seconds>(sign.rotate_every),
       std::chrono::duration_cast<std::chrono::seconds>(sign.retire_after),
       sign.ask_authoritative}};
  const auto domains = cabinet.states->domains();
  if (!domains) {
    log_event(Event::key_care_failed, {{"domain", ""}, {"reason", domains.fault().reason}});
    return;
  }
  for (const auto& domain : *domains) {
    if (thread_.is_ending()) return;
    const auto deadline = soon(services);
    const auto kept = leads ? keeper.tend(domain, deadline) : keeper.warn(domain, deadline);
    if (!kept)
      log_event(Event::key_care_failed,
                {{"domain", domain.name()}, {"reason", kept.fault().reason}});
    if (leads && services.key_shelf) services.key_shelf->doubt(domain);
  }
}

bool KeyChores::is_time_to_look(const Clock& clock) {
  const auto now = clock.now();
  if (!next_look_) next_look_ = now + pace_.before_first_look;
  if (now < *next_look_) return false;
  next_look_ = now + pace_.between_looks;
  return true;
}

/// Those that [[sign.key]] names, and [[arc.key]].
void KeyChores::look_at_named(const Services& services) {
  for (const auto* ring : {services.keys.get(), services.sealing_keys.get()})
    for (const auto& entry : ring->keys()) {
      if (thread_.is_ending()) return;
      if (!entry.key) continue;
      const auto& settings = entry.settings;
      chores::warn_unless_shown(
          settings.domain, settings.selector,
          sign::look_up_shown(*services.dns, settings.selector, settings.domain,
                              **entry.key, soon(services)));
    }
}

}  // namespace milterward
