// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/spf/native_checker.h"

#include <fmt/format.h>

#include "policy/auth/spf/limits.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using ports::SpfResult;

struct Decision {
  SpfResult result = SpfResult::neutral;
  std::string mechanism;
  std::string reason;
  SpfRecordPtr record;  // the one that decided, and where it stands: for exp=
  SpfScope scope;
};

Decision stopped(const SpfStop& stop) {
  return {stop.result, "", stop.reason, nullptr, {}};
}

Decision check_host(SpfEvaluation& evaluation, SpfScope scope);

/// The table of section 5.2.
Result<bool, SpfStop> include_matches(SpfEvaluation& evaluation,
                                      const SpfDirective& include, const SpfScope& scope) {
  auto inner = evaluation.enter(include, scope);
  if (!inner) return Unexpected{inner.fault()};
  if (!inner->has_value()) return false;
  const auto decision = check_host(evaluation, std::move(**inner));
  switch (decision.result) {
    case SpfResult::pass:
      return true;
    case SpfResult::fail:
    case SpfResult::softfail:
    case SpfResult::neutral:
      return false;
    case SpfResult::none:
      return Unexpected{SpfStop{SpfResult::permerror,
                                fmt::format("{}: {}", include.text, decision.reason)}};
    case SpfResult::temperror:
    case SpfResult::permerror:
      return Unexpected{SpfStop{decision.result, decision.reason}};
  }
  unreachable();
}

/// Walks the record's directives; nothing when none matches.
Result<const SpfDirective*, SpfStop> first_match(SpfEvaluation& evaluation,
                                                 const SpfRecord& record,
                                                 const SpfScope& scope) {
  for (const auto& directive : record.directives) {
    const auto match = directive.mechanism == SpfMechanism::include
                           ? include_matches(evaluation, directive, scope)
                           : evaluation.matches(directive, scope);
    if (!match) return Unexpected{match.fault()};
    if (*match) return &directive;
  }
  return nullptr;
}

/// Recursion and redirects end by the lookup limit.
Decision check_host(SpfEvaluation& evaluation, SpfScope scope) {
  for (bool redirected = false;; redirected = true) {
    const auto record = evaluation.fetch_record(scope);
    if (!record) {
      auto stop = record.fault();
      if (redirected && stop.result == SpfResult::none) {  // section 6.1
        stop.result = SpfResult::permerror;
        stop.reason = fmt::format("{}: {}", scope.term, stop.reason);
      }
      return stopped(stop);
    }
    const auto match = first_match(evaluation, **record, scope);
    if (!match) return stopped(match.fault());
    if (*match) return {(*match)->qualifier, (*match)->text, "", *record, std::move(scope)};
    if (!(*record)->redirect)
      return {SpfResult::neutral, "", "no mechanism matched", *record, std::move(scope)};
    auto next = evaluation.follow(*(*record)->redirect, scope);
    if (!next) return stopped(next.fault());
    scope = std::move(*next);
  }
}

}  // namespace

ports::SpfFinding NativeSpfChecker::check(const ports::SpfQuery& query,
                                          ports::Resolver& dns, Deadline deadline) const {
  SpfEvaluation evaluation{query, host_, dns, deadline};
  const auto scope = evaluation.begin();
  auto decision = scope ? check_host(evaluation, *scope) : stopped(scope.fault());
  ports::SpfFinding finding;
  finding.result = decision.result;
  finding.domain = evaluation.domain();
  finding.mechanism = std::move(decision.mechanism);
  finding.reason = printable(decision.reason, spf_reason_limit * 2);
  if (decision.result == SpfResult::fail)
    finding.explanation = evaluation.fetch_explanation(*decision.record, decision.scope);
  finding.steps = evaluation.take_steps();
  return finding;
}

}  // namespace milterward::auth
