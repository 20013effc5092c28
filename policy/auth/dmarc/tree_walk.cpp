// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/tree_walk.h"

#include <algorithm>

#include "policy/auth/dmarc/public_suffix.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using State = RecordAnswer::State;

bool has_record(const WalkStep& step) noexcept { return step.answer.state == State::found; }

bool has_psd(const WalkStep& step, PublicSuffix psd) noexcept {
  return has_record(step) && step.answer.record->psd == psd;
}

Domain organizational_domain_by_walk(const Walk& walk) {
  const auto& last = walk.steps.back();
  if (has_psd(last, PublicSuffix::no)) return last.domain;
  if (has_psd(last, PublicSuffix::yes) && last.domain != walk.start)
    return walk.start.last_labels(last.domain.label_count() + 1);
  const auto top = std::find_if(walk.steps.rbegin(), walk.steps.rend(), has_record);
  return top == walk.steps.rend() ? walk.start : top->domain;
}

}  // namespace

std::vector<Domain> walk_targets(const Domain& start) {
  std::vector<Domain> targets;
  targets.reserve(walk_query_limit);
  targets.push_back(start);
  // Removing one label, or all above seven: from eight labels on both come to the same.
  Domain next = start.label_count() < walk_query_limit
                    ? start.parent()
                    : start.last_labels(walk_query_limit - 1);
  for (; !next.empty(); next = next.parent()) targets.push_back(next);
  return targets;
}

std::string Walk::unknown_because() const {
  for (const auto& step : steps)
    if (step.answer.state == State::unknown) return step.answer.reason;
  return "";
}

bool Walk::timed_out() const {
  return std::ranges::any_of(steps,
                             [](const WalkStep& step) { return step.answer.timed_out; });
}

std::vector<Domain> Discovery::targets(const Domain& start) const {
  switch (kind_) {
    case conf::DmarcDiscovery::treewalk:
      return walk_targets(start);
    case conf::DmarcDiscovery::psl: {
      const auto top = organizational_domain_by_list(start);
      return top == start ? std::vector{start} : std::vector{start, top};
    }
  }
  unreachable();
}

void Discovery::ask_walk(const Domain& start) {
  for (const auto& target : targets(start)) lookups_.ask(target);
}

Walk Discovery::walk(const Domain& start, Deadline deadline) {
  ask_walk(start);
  Walk walk{start, {}};
  for (const auto& target : targets(start)) {
    walk.steps.push_back({target, lookups_.wait(target, deadline)});
    const bool stops = kind_ == conf::DmarcDiscovery::treewalk &&
                       has_record(walk.steps.back()) &&
                       !has_psd(walk.steps.back(), PublicSuffix::unknown);
    if (stops) break;
  }
  return walk;
}

void Discovery::ask_organization(const Domain& domain) {
  if (kind_ == conf::DmarcDiscovery::treewalk) ask_walk(domain);
}

Organization Discovery::organization_of(const Domain& domain, Deadline deadline) {
  switch (kind_) {
    case conf::DmarcDiscovery::psl:
      return {organizational_domain_by_list(domain), ""};
    case conf::DmarcDiscovery::treewalk:
      return organization_of(walk(domain, deadline));
  }
  unreachable();
}

Organization Discovery::organization_of(const Walk& walk) const {
  switch (kind_) {
    case conf::DmarcDiscovery::psl:
      return {organizational_domain_by_list(walk.start), ""};
    case conf::DmarcDiscovery::treewalk:
      if (auto gap = walk.unknown_because(); !gap.empty())
        return {std::nullopt, std::move(gap), walk.timed_out()};
      return {organizational_domain_by_walk(walk), ""};
  }
  unreachable();
}

const WalkStep* policy_step(const Walk& walk, const Domain& organizational_domain) {
  if (has_record(walk.steps.front())) return &walk.steps.front();
  for (const auto& step : walk.steps)
    if (step.domain == organizational_domain && has_record(step)) return &step;
  return has_psd(walk.steps.back(), PublicSuffix::yes) ? &walk.steps.back() : nullptr;
}

}  // namespace milterward::auth
