// SPDX-License-Identifier: Apache-2.0
#include "policy/metering.h"

#include <limits>
#include <string_view>
#include <vector>

#include "conf/quota_limit.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

using rules::Direction;

void count(ports::Metrics& metrics, std::string_view step,
           const Decision& decision) noexcept {
  const auto held_back = decision.held_back();
  const bool is_in_force = decision.mode == Mode::enforce;
  metrics.decided({step, to_text(decision.direction.direction),
                   to_text(is_in_force ? decision.verdict.action : Action::accept),
                   decision.verdict.rule, held_back});
}

void count(ports::Metrics& metrics, const std::vector<rules::QuotaFact>& quotas) noexcept {
  for (const auto& quota : quotas)
    if (quota.limit != std::numeric_limits<std::uint64_t>::max())
      metrics.quota_was({rules::to_text(quota.scope), quota.subject, to_text(quota.measure),
                         quota.period, quota.used, quota.limit});
}

/// As far as they were asked for: mail that came back was examined when it first came.
void count_results(ports::Metrics& metrics, const rules::MessageFacts& facts) noexcept {
  if (facts.returned != rules::Returned::no || facts.header_is_too_large) return;
  if (facts.iprev) metrics.authenticated("iprev", to_text(*facts.iprev));
  if (!facts.spf_was_not_checked) {
    metrics.authenticated("spf", ports::to_text(facts.spf));
    metrics.authenticated("spf_helo", ports::to_text(facts.helo_spf));
  }
  for (const auto& fact : facts.dkim)
    metrics.authenticated("dkim", ports::to_text(fact.result));
  if (facts.dkim.empty()) metrics.authenticated("dkim", "none");
  metrics.authenticated("arc", to_text(facts.arc));
  metrics.authenticated("dmarc", to_text(facts.dmarc));
}

}  // namespace

void count_decision(const Services& services, const rules::SenderFacts&,
                    const Decision& decision) noexcept {
  if (services.metrics) count(*services.metrics, "sender", decision);
}

void count_decision(const Services& services, const rules::RecipientFacts& facts,
                    const Decision& decision) noexcept {
  if (!services.metrics) return;
  count(*services.metrics, "recipient", decision);
  count(*services.metrics, facts.quotas);
}

void count_message(const Services& services, const rules::MessageFacts& facts,
                   const Decision& decision, std::chrono::microseconds latency) noexcept {
  if (!services.metrics) return;
  auto& metrics = *services.metrics;
  count(metrics, "message", decision);
  metrics.message_took(latency);
  if (decision.direction.direction == Direction::inbound)
    count_results(metrics, facts);
  else
    metrics.signing(rules::to_text(facts.signing));
  count(metrics, facts.quotas);
}

StageWatch::~StageWatch() {
  if (!services_.metrics) return;
  services_.metrics->stage_took(
      stage_, std::chrono::duration_cast<std::chrono::microseconds>(services_.clock->now() -
                                                                    began_));
}

}  // namespace milterward
