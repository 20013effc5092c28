// SPDX-License-Identifier: Apache-2.0
#include "milter/key_chores.h"

#include <chrono>
#include <utility>

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
      thread_(
          "key chores",
          [this] {
            make_a_round(*services_.get());
            return between_rounds;
          },
          between_rounds) {
  thread_.wake();
}

KeyChores::~KeyChores() {
  thread_.ask_to_end();
  if (hook_) hook_->stop();
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
    const auto kept = keeper.tend(
        domain, Deadline::after(*services.clock, services.config->dns.message_deadline));
    if (!kept)
      log_event(Event::key_care_failed,
                {{"domain", domain.name()}, {"reason", kept.fault().reason}});
    if (services.key_shelf) services.key_shelf->doubt(domain);
  }
}

}  // namespace milterward
