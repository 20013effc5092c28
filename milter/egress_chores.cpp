// SPDX-License-Identifier: Apache-2.0
#include "milter/egress_chores.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace milterward {
namespace {

using namespace std::chrono_literals;
using chores::EgressChange;

constexpr auto watch_hook_limit = 60s;
/// How long the end of the daemon waits for a question of ours.
constexpr auto wait_slice = 200ms;

bool is_watched(const conf::PreflightSettings& preflight) {
  return preflight.watch_every.count() > 0 && !preflight.egress.empty();
}

/// A resolver whose questions wait no longer than they are wanted.
class WantedResolver final : public ports::Resolver {
 public:
  using IsUnwanted = std::function<bool()>;
  WantedResolver(ports::Resolver& dns, const Clock& clock, IsUnwanted is_unwanted)
      : dns_(dns), clock_(clock), is_unwanted_(std::move(is_unwanted)) {}

  ports::Pending ask(const ports::DnsQuestion& question) override {
    return ports::Pending{std::make_shared<Waiting>(dns_.ask(question), *this)};
  }

 private:
  class Waiting final : public ports::Pending::State {
   public:
    Waiting(ports::Pending pending, const WantedResolver& resolver)
        : pending_(std::move(pending)), resolver_(resolver) {}

    ports::DnsResult wait(Deadline deadline) override {
      for (;;) {
        const auto until = deadline.within(resolver_.clock_, wait_slice);
        auto result = pending_.wait(until);
        const bool is_over = deadline.passed(resolver_.clock_) || resolver_.is_unwanted_();
        // What comes before the slice is over is an answer, whatever it says.
        if (result || is_over || !until.passed(resolver_.clock_)) return result;
      }
    }

   private:
    ports::Pending pending_;
    const WantedResolver& resolver_;
  };

  ports::Resolver& dns_;
  const Clock& clock_;
  const IsUnwanted is_unwanted_;
};

std::optional<std::string> run_watch_hook(ports::Hook& hook, const std::string& program,
                                          const EgressChange& change) {
  const bool is_listed = change.kind == EgressChange::Kind::listed;
  return hook.run(
      {program,
       {"MILTERWARD_ACTION=" + std::string{to_text(change.kind)},
        "MILTERWARD_ADDRESS=" + change.address.text(), "MILTERWARD_LIST=" + change.list,
        "MILTERWARD_CODES=" + (is_listed ? change.detail : "")},
       /*input=*/"",
       watch_hook_limit});
}

}  // namespace

EgressChores::~EgressChores() {
  thread_.ask_to_end();
  if (hook_) hook_->stop();
}

void EgressChores::look_now() {
  if (thread_.is_running() || is_watched(services_.get()->config->preflight))
    thread_.wake();
}

std::chrono::milliseconds EgressChores::make_a_look() {
  const auto services = services_.get();
  make_a_look(*services);
  std::uniform_real_distribution<double> chance{0, 1};
  const auto pause =
      keeper_.pause(services->config->preflight.watch_every, chance(random_));
  return pause.count() > 0 ? pause : longest_pause;
}

void EgressChores::make_a_look(const Services& services) {
  const auto& preflight = services.config->preflight;
  const auto wanted = is_watched(preflight);
  const std::vector<Network> nothing;
  const auto is_unwanted = [this] { return thread_.is_ending(); };
  WantedResolver dns{*services.dns, *services.clock, is_unwanted};
  std::function<std::optional<std::string>(const EgressChange&)> hook;
  if (hook_ && !preflight.watch_hook.empty())
    hook = [&](const EgressChange& change) {
      return run_watch_hook(*hook_, preflight.watch_hook, change);
    };
  keeper_.look({wanted ? preflight.egress : nothing, services.config->inbound.dnsbl.lists,
                services.config->dns.message_deadline, dns, *services.clock, hook,
                is_unwanted, wanted ? state_.get() : nullptr});
}

}  // namespace milterward
