// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.h"

#include <optional>
#include <utility>

#include "policy/rules/audience.h"
#include "policy/rules/direction.h"
#include "policy/rules/header_size.h"
#include "policy/rules/identity.h"
#include "policy/rules/outbound.h"
#include "policy/rules/preflight.h"
#include "policy/rules/quota.h"
#include "policy/rules/recipients.h"
#include "policy/rules/relay.h"
#include "policy/rules/reply_text.h"

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

/// Of two decisions the one with the stricter effect; where both let mail pass, the one
/// that would not, if it were meant.
Decision stricter(Decision first, std::optional<rules::Verdict> other, Mode mode) {
  if (!other) return first;
  auto second = first;
  second.verdict = std::move(*other);
  second.mode = mode;
  const auto rank = [](const Decision& decision) {
    return std::pair{decision.effective().action, decision.verdict.action};
  };
  return rank(second) > rank(first) ? second : first;
}

}  // namespace

rules::Verdict Decision::effective() const {
  return mode == Mode::enforce ? verdict : rules::Verdict::proceed(verdict.rule);
}

std::string_view Decision::held_back() const {
  return mode == Mode::monitor && verdict.action != Action::accept ? to_text(verdict.action)
                                                                   : "";
}

namespace {

Decision decision_on(const rules::SenderFacts& facts, const conf::Config& config) {
  Decision decision{rules::decide_listener(facts), config.relay.mode,
                    rules::decide_direction(facts)};
  if (decision.refuses()) return decision;
  if (auto refusal = take_identity(decision, rules::decide_sender_identity(facts),
                                   rules::identity_mode(facts, config.identity))) {
    decision.verdict = std::move(*refusal);
    decision.mode = Mode::enforce;
  }
  return decision;
}

Decision decision_on(const rules::RecipientFacts& facts, const conf::Config& config) {
  Decision relay{rules::decide_relay(facts), config.relay.mode,
                 rules::decide_direction(facts)};
  if (relay.refuses()) return relay;
  if (auto later = rules::decide_one_more(facts, config))
    return {std::move(*later), Mode::enforce, relay.direction};
  if (auto locked = rules::decide_lock(facts, facts.account_is_locked))
    return {std::move(*locked), Mode::enforce, relay.direction};
  return stricter(std::move(relay),
                  rules::decide_quota_at_rcpt(
                      facts, {facts.quotas, facts.store_is_unavailable}, config.quota),
                  config.quota.mode);
}

Decision decision_on(const rules::MessageFacts& facts, const conf::Config& config) {
  const auto direction = rules::decide_direction(facts);
  if (auto refusal = rules::decide_header_size(facts))
    return {std::move(*refusal), Mode::enforce, direction};
  if (auto locked = rules::decide_lock(facts, facts.account_is_locked))
    return {std::move(*locked), Mode::enforce, direction};
  auto quota =
      rules::decide_quota(facts, {facts.quotas, facts.store_is_unavailable}, config.quota);
  if (direction.direction == rules::Direction::inbound) {
    const auto joined = rules::join(rules::judge_inbound(facts, config));
    Decision inbound{joined.verdict, joined.mode, direction};
    inbound.dmarc =
        rules::dmarc_outcome(facts, *joined.settings, inbound.effective().action);
    return stricter(std::move(inbound), std::move(quota), config.quota.mode);
  }
  Decision decision{{}, Mode::enforce, direction};
  auto refusal = take_identity(decision, rules::decide_identity(facts),
                               rules::identity_mode(facts, config.identity));
  auto outbound = rules::decide_outbound(facts, config.sign);
  decision.sign = !refusal && rules::is_to_be_signed(outbound);
  decision.verdict = refusal ? std::move(*refusal) : std::move(outbound);
  decision.preflight = rules::findings_of(facts, config.preflight);
  decision.is_bulk = facts.is_preflighted && rules::is_bulk(facts, config.preflight);
  decision = stricter(std::move(decision), rules::decide_preflight(facts, config.preflight),
                      config.preflight.mode);
  return stricter(std::move(decision), std::move(quota), config.quota.mode);
}

bool is_notice(const rules::SenderFacts& facts) {
  return rules::may_be_own_notice(facts, 0);
}
bool is_notice(const rules::RecipientFacts& facts) {
  return rules::may_be_own_notice(facts, facts.recipients_before);
}
bool is_notice(const rules::MessageFacts& facts) { return rules::is_own_notice(facts); }

template <class Facts>
Decision worded_decision(const Facts& facts, const conf::Config& config) {
  auto decision = decision_on(facts, config);
  if (decision.verdict.refuses() && is_notice(facts))
    decision.verdict = rules::Verdict::proceed("notice.kept");
  decision.verdict = rules::worded(std::move(decision.verdict), facts, config.replies);
  return decision;
}

}  // namespace

Decision decide(const rules::SenderFacts& facts, const conf::Config& config) {
  return worded_decision(facts, config);
}

Decision decide(const rules::RecipientFacts& facts, const conf::Config& config) {
  return worded_decision(facts, config);
}

Decision decide(const rules::MessageFacts& facts, const conf::Config& config) {
  return worded_decision(facts, config);
}

}  // namespace milterward
