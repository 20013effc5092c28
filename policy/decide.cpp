// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.h"

#include <optional>
#include <utility>

#include "policy/rules/header_size.h"
#include "policy/rules/identity.h"
#include "policy/rules/inbound.h"
#include "policy/rules/outbound.h"
#include "policy/rules/recipients.h"
#include "policy/rules/relay.h"

namespace milterward {
namespace {

using conf::IdentityMode;

/// Notes what was found about the claimed addresses, and whether it refuses.
std::optional<rules::Verdict> take_identity(Decision& decision,
                                            std::optional<rules::Verdict> found,
                                            IdentityMode mode) {
  if (!found || mode == IdentityMode::off) return std::nullopt;
  if (found->action == Action::reject) {
    decision.mismatch = found->rule;
    decision.identity = mode;
  }
  return mode == IdentityMode::reject ? std::move(found) : std::nullopt;
}

}  // namespace

rules::Verdict Decision::effective() const {
  return mode == Mode::enforce ? verdict : rules::Verdict::proceed(verdict.rule);
}

std::string_view Decision::held_back() const {
  return mode == Mode::monitor && verdict.action != Action::accept ? to_text(verdict.action)
                                                                   : "";
}

Decision decide(const rules::SenderFacts& facts, const conf::Config& config) {
  Decision decision{
      rules::decide_listener(facts), config.relay.mode, rules::decide_direction(facts), {}};
  if (decision.effective().refuses()) return decision;
  if (auto refusal = take_identity(decision, rules::decide_sender_identity(facts),
                                   rules::identity_mode(facts, config.identity))) {
    decision.verdict = std::move(*refusal);
    decision.mode = Mode::enforce;
  }
  return decision;
}

Decision decide(const rules::RecipientFacts& facts, const conf::Config& config) {
  const Decision relay{
      rules::decide_relay(facts), config.relay.mode, rules::decide_direction(facts), {}};
  if (relay.effective().refuses()) return relay;
  if (auto later = rules::decide_one_more(facts))
    return {std::move(*later), Mode::enforce, relay.direction, {}};
  return relay;
}

Decision decide(const rules::MessageFacts& facts, const conf::Config& config) {
  const auto direction = rules::decide_direction(facts);
  if (auto refusal = rules::decide_header_size(facts))
    return {std::move(*refusal), Mode::enforce, direction, {}};
  if (direction.direction == rules::Direction::inbound) {
    Decision inbound{
        rules::decide_inbound(facts, config.inbound), config.inbound.mode, direction, {}};
    inbound.dmarc = rules::dmarc_outcome(facts, config.inbound, inbound.effective().action);
    return inbound;
  }
  Decision decision{{}, Mode::enforce, direction, {}};
  auto refusal = take_identity(decision, rules::decide_identity(facts),
                               rules::identity_mode(facts, config.identity));
  decision.verdict =
      refusal ? std::move(*refusal) : rules::decide_outbound(facts, config.sign);
  return decision;
}

}  // namespace milterward
