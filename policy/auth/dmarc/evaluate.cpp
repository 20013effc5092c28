// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

/// t=y asks for one level less. RFC 9989 section 4.7.
DmarcPolicy lowered(DmarcPolicy policy) noexcept {
  switch (policy) {
    case DmarcPolicy::none:
    case DmarcPolicy::quarantine:
      return DmarcPolicy::none;
    case DmarcPolicy::reject:
      return DmarcPolicy::quarantine;
  }
  unreachable();
}

int severity(const DmarcFinding& finding) noexcept {
  switch (finding.result) {
    case DmarcResult::pass:
      return 0;
    case DmarcResult::none:
      return 1;
    case DmarcResult::permerror:
      return 2;
    case DmarcResult::temperror:
      return 3;
    case DmarcResult::fail:
      return 4 + static_cast<int>(finding.policy);
  }
  unreachable();
}

}  // namespace

/// An identifier that passed, or that would have to be looked at had DNS answered.
struct DmarcCheck::Candidate {
  enum class Method { spf, dkim };
  Method method;
  bool passed;  // false: hidden by a DNS error
  Domain domain;
  AlignmentMode mode;
};

DmarcCheck::DmarcCheck(Domain author_domain, ports::Resolver& dns,
                       conf::DmarcDiscovery discovery)
    : discovery_(dns, discovery) {
  discovery_.ask_walk(author_domain);
  finding_.author_domain = std::move(author_domain);
}

DmarcFinding DmarcCheck::finish(const ports::SpfFinding& mail_from,
                                const std::vector<ports::DkimFinding>& dkim,
                                Deadline deadline) {
  find_policy(discovery_.walk(finding_.author_domain, deadline));
  if (finding_.result != DmarcResult::none || !finding_.record) return finding_;
  judge(candidates(mail_from, dkim), deadline);
  choose_policy(deadline);
  return finding_;
}

/// RFC 9989 section 4.10.1. Leaves a record, or an error, or neither: DMARC does not apply.
void DmarcCheck::find_policy(const Walk& walk) {
  const auto organization = discovery_.organization_of(walk);
  finding_.organizational_domain = organization.domain.value_or(Domain{});
  alignment_gap_ = organization.unknown_because;
  const bool has_own_record = walk.steps.front().answer.state == RecordAnswer::State::found;
  if (const auto gap = walk.unknown_because(); !gap.empty() && !has_own_record) {
    finding_.result = DmarcResult::temperror;
    finding_.reason = gap;
    return;
  }
  const auto* step = policy_step(walk, finding_.organizational_domain);
  if (!step) {
    finding_.reason = walk.steps.front().answer.reason;  // several records
    if (finding_.reason.empty()) finding_.reason = "no DMARC record";
    return;
  }
  finding_.policy_domain = step->domain;
  finding_.record = step->answer.record;
  if (!finding_.record->is_usable()) {
    finding_.result = DmarcResult::permerror;
    finding_.reason =
        fmt::format("no valid policy and no report address at {}", step->domain.name());
  }
}

std::vector<DmarcCheck::Candidate> DmarcCheck::candidates(
    const ports::SpfFinding& mail_from, const std::vector<ports::DkimFinding>& dkim) const {
  using Method = Candidate::Method;
  std::vector<Candidate> list;
  const auto add = [&](Method method, bool passed, const std::string& name,
                       AlignmentMode mode) {
    auto domain = Domain::parse(name);
    if (domain) list.push_back({method, passed, std::move(*domain), mode});
  };
  const bool spf_passed = mail_from.result == ports::SpfResult::pass;
  if (spf_passed || mail_from.result == ports::SpfResult::temperror)
    add(Method::spf, spf_passed, mail_from.domain, finding_.record->aspf);
  for (const auto& signature : dkim) {
    const bool passed = signature.result == ports::DkimResult::pass;
    if (passed || signature.result == ports::DkimResult::temperror)
      add(Method::dkim, passed, signature.domain, finding_.record->adkim);
  }
  return list;
}

/// Whether alignment takes a walk to decide.
bool DmarcCheck::may_align(const Candidate& candidate) const {
  if (candidate.domain == finding_.author_domain) return true;
  if (candidate.mode == AlignmentMode::strict) return false;
  // An organizational domain is above its members, or one of them.
  if (!finding_.organizational_domain.empty())
    return candidate.domain.is_within(finding_.organizational_domain);
  return candidate.domain.last_labels(1) == finding_.author_domain.last_labels(1);
}

/// RFC 9989 section 4.10.2.
DmarcCheck::Alignment DmarcCheck::alignment_of(const Candidate& candidate,
                                               Deadline deadline) {
  if (!may_align(candidate)) return Alignment::unaligned;
  if (candidate.domain == finding_.author_domain) return Alignment::aligned;
  if (finding_.organizational_domain.empty()) return Alignment::undecided;
  const auto top = discovery_.organization_of(candidate.domain, deadline);
  if (!top.domain) {
    alignment_gap_ = top.unknown_because;
    return Alignment::undecided;
  }
  return *top.domain == finding_.organizational_domain ? Alignment::aligned
                                                       : Alignment::unaligned;
}

void DmarcCheck::judge(const std::vector<Candidate>& candidates, Deadline deadline) {
  for (const auto& candidate : candidates)
    if (may_align(candidate) && candidate.domain != finding_.author_domain)
      discovery_.ask_organization(candidate.domain);

  std::string open;  // what could still have made a pass
  for (const auto& candidate : candidates) {
    const bool is_spf = candidate.method == Candidate::Method::spf;
    switch (alignment_of(candidate, deadline)) {
      case Alignment::unaligned:
        continue;
      case Alignment::undecided:
        open = alignment_gap_;
        continue;
      case Alignment::aligned:
        break;
    }
    if (!candidate.passed) {
      open = fmt::format("DNS error in {} of {}", is_spf ? "SPF" : "DKIM",
                         candidate.domain.name());
      continue;
    }
    (is_spf ? finding_.spf_is_aligned : finding_.dkim_is_aligned) = true;
    if (finding_.aligned_domain.empty()) {
      finding_.aligned_domain = candidate.domain;
      finding_.reason = fmt::format("{} of {} is aligned", is_spf ? "SPF" : "DKIM",
                                    candidate.domain.name());
    }
  }
  if (!finding_.aligned_domain.empty()) {
    finding_.result = DmarcResult::pass;
  } else if (!open.empty()) {
    finding_.result = DmarcResult::temperror;
    finding_.reason = open;
  } else {
    finding_.result = DmarcResult::fail;
    const bool any_pass = std::ranges::any_of(candidates, &Candidate::passed);
    finding_.reason =
        any_pass ? "no aligned identifier passed" : "neither SPF nor DKIM passed";
  }
}

/// p for the domain itself, sp for those below it, np for those that do not exist. RFC 9989
/// sections 4.7 and 4.10.1.
void DmarcCheck::choose_policy(Deadline deadline) {
  const auto& record = *finding_.record;
  finding_.published = record.p;
  if (finding_.policy_domain != finding_.author_domain) {
    if (record.sp) {
      finding_.tag = PolicyTag::sp;
      finding_.published = *record.sp;
    }
    if (record.np && *record.np != finding_.published) {
      // The same question SPF asks of this domain.
      const auto answer = discovery_.dns().look_up(
          {finding_.author_domain.name(), ports::DnsType::txt}, deadline);
      if (!answer && finding_.result == DmarcResult::fail) {
        finding_.result = DmarcResult::temperror;
        finding_.reason = fmt::format("{} for {}", ports::to_text(answer.fault()),
                                      finding_.author_domain.name());
      }
      if (answer && (*answer)->outcome == ports::DnsOutcome::no_domain) {
        finding_.tag = PolicyTag::np;
        finding_.published = *record.np;
      }
    }
  }
  finding_.policy = record.is_testing ? lowered(finding_.published) : finding_.published;
}

DmarcFinding unexamined(Domain author_domain) {
  DmarcFinding finding;
  finding.result = DmarcResult::permerror;
  finding.author_domain = std::move(author_domain);
  finding.reason = fmt::format("more than {} author domains", author_domain_limit);
  return finding;
}

const DmarcFinding* strictest(const std::vector<DmarcFinding>& findings) {
  const auto worst = std::ranges::max_element(findings, {}, severity);
  return worst == findings.end() ? nullptr : &*worst;
}

std::string_view to_text(DmarcResult result) noexcept {
  switch (result) {
    case DmarcResult::none:
      return "none";
    case DmarcResult::pass:
      return "pass";
    case DmarcResult::fail:
      return "fail";
    case DmarcResult::temperror:
      return "temperror";
    case DmarcResult::permerror:
      return "permerror";
  }
  unreachable();
}

std::string_view to_text(PolicyTag tag) noexcept {
  switch (tag) {
    case PolicyTag::p:
      return "p";
    case PolicyTag::sp:
      return "sp";
    case PolicyTag::np:
      return "np";
  }
  unreachable();
}

}  // namespace milterward::auth
