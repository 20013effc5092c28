// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/audience.h"

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/rules/inbound.h"

namespace milterward::rules {
namespace {

/// "postmaster" stands for the local part in any domain.
bool names(std::string_view entry, const Mailbox& mailbox) {
  const auto at = entry.rfind('@');
  if (!equal_ignoring_case(entry.substr(0, at), mailbox.local_part)) return false;
  if (at == std::string_view::npos) return true;
  const auto domain = Domain::parse(entry.substr(at + 1));
  return domain && mailbox.domain && *domain == *mailbox.domain;
}

Verdict mark_at_most(Verdict verdict) {
  if (verdict.action <= Action::tag) return verdict;
  Verdict mark = Verdict::proceed(std::move(verdict.rule));
  mark.action = Action::tag;
  mark.because = "the recipient is exempt";
  return mark;
}

/// Would the recipient never see it?
bool is_withheld(const Verdict& verdict) noexcept {
  return verdict.action >= Action::redirect || !verdict.hold_reason.empty();
}

bool is_milder(const Judged& one, const Judged& other) noexcept {
  return std::pair{is_withheld(one.verdict), one.verdict.action} <
         std::pair{is_withheld(other.verdict), other.verdict.action};
}

}  // namespace

const conf::InboundSettings& settings_of(std::string_view policy,
                                         const conf::Config& config) {
  for (const auto& row : config.recipient.policies)
    if (row.name() == policy) return row.inbound;
  return config.inbound;
}

std::string policy_of(const Mailbox& recipient, const conf::Config& config) {
  if (std::ranges::any_of(config.inbound.exempt.recipients,
                          [&](const auto& entry) { return names(entry, recipient); }))
    return std::string{exempt_policy};
  if (!recipient.domain) return {};
  for (const auto& row : config.recipient.policies)
    if (std::ranges::any_of(row.domains, [&](const auto& pattern) {
          return pattern.holds(*recipient.domain);
        }))
      return row.name();
  return {};
}

std::vector<Judged> judge_inbound(const MessageFacts& facts, const conf::Config& config) {
  auto policies = facts.recipient_policies;
  if (policies.empty()) policies.emplace_back();
  std::vector<Judged> judged;
  for (auto& policy : policies) {
    const auto& settings = settings_of(policy, config);
    auto verdict = decide_inbound(facts, settings);
    if (policy == exempt_policy) verdict = mark_at_most(std::move(verdict));
    for (auto& redirection : verdict.redirections) redirection.policy = policy;
    judged.push_back({std::move(policy), settings.mode, std::move(verdict), &settings});
  }
  return judged;
}

Judged join(const std::vector<Judged>& judged) {
  if (judged.size() == 1) return judged.front();
  const bool any_enforces = std::ranges::any_of(
      judged, [](const Judged& one) { return one.mode == Mode::enforce; });
  auto asked = judged;
  for (auto& one : asked)
    if (any_enforces && one.mode == Mode::monitor)
      one.verdict = Verdict::proceed(one.verdict.rule);
  const auto mildest = std::ranges::min_element(asked, is_milder);
  const auto strictest = std::ranges::max_element(asked, is_milder);

  Judged joined = *mildest;
  joined.mode = any_enforces ? Mode::enforce : Mode::monitor;
  if (joined.verdict.refuses()) return joined;
  joined.verdict.redirections.clear();
  const bool all_withhold = is_withheld(joined.verdict);
  for (const auto& one : asked) {
    if (!is_withheld(one.verdict)) continue;
    // Where all withhold it, a mailbox of the mildest serves those who have none.
    auto mailbox = one.settings->redirect_to;
    if (mailbox.empty() && all_withhold) mailbox = mildest->settings->redirect_to;
    const bool is_held_with_all = all_withhold && !joined.verdict.hold_reason.empty();
    if (!mailbox.empty() && (!is_held_with_all || one.verdict.action == Action::redirect))
      joined.verdict.redirections.push_back({std::move(mailbox), one.policy, {}});
  }
  if (all_withhold) return joined;
  joined.settings = strictest->settings;
  joined.verdict.rule = strictest->verdict.rule;
  joined.verdict.action = !joined.verdict.redirections.empty()
                              ? Action::redirect
                              : std::min(strictest->verdict.action, Action::quarantine);
  joined.verdict.subject_tag = strictest->verdict.subject_tag;
  joined.verdict.because = strictest->verdict.because;
  if (is_withheld(strictest->verdict))
    joined.verdict.because = "the policy of another recipient wants the message";
  return joined;
}

}  // namespace milterward::rules
