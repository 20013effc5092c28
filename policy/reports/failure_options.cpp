// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/failure_options.h"

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::reports {
namespace {

using auth::DmarcResult;
using ports::DkimFinding;
using ports::DkimResult;
using ports::SpfResult;

/// fo=1: a method that made no aligned pass, and that DNS did not leave open.
bool any_method_fails(const auth::DmarcFinding& finding, const ports::SpfFinding& spf,
                      const std::vector<DkimFinding>& dkim) {
  const bool spf_is_open = spf.result == SpfResult::temperror;
  const bool dkim_is_open = std::ranges::any_of(dkim, [](const DkimFinding& signature) {
    return signature.result == DkimResult::temperror;
  });
  return (!finding.spf_is_aligned && !spf_is_open) ||
         (!finding.dkim_is_aligned && !dkim_is_open);
}

/// The engines' words for two things that RFC 6591 tells apart; both say them alike.
AuthFailure failure_of(const DkimFinding& signature) {
  if (signature.reason.find("body hash") != std::string::npos) return AuthFailure::bodyhash;
  if (signature.reason.find("revoked") != std::string::npos) return AuthFailure::revoked;
  return AuthFailure::signature;
}

}  // namespace

bool is_failed(const DkimFinding& signature) noexcept {
  switch (signature.result) {
    case DkimResult::fail:
    case DkimResult::policy:
    case DkimResult::neutral:
    case DkimResult::permerror:
      return true;
    case DkimResult::none:
    case DkimResult::pass:
    case DkimResult::temperror:
      return false;
  }
  unreachable();
}

bool is_failed(const ports::SpfFinding& spf) noexcept {
  switch (spf.result) {
    case SpfResult::fail:
    case SpfResult::softfail:
    case SpfResult::permerror:
      return true;
    case SpfResult::none:
    case SpfResult::neutral:
    case SpfResult::pass:
    case SpfResult::temperror:
      return false;
  }
  unreachable();
}

const DkimFinding* failed_signature(const auth::DmarcFinding& finding,
                                    const std::vector<DkimFinding>& dkim) {
  const DkimFinding* other = nullptr;
  for (const auto& signature : dkim) {
    if (!is_failed(signature)) continue;
    const auto domain = Domain::parse(signature.domain);
    const auto& organization = finding.organizational_domain;
    if (domain && (*domain == finding.author_domain ||
                   (!organization.empty() && domain->is_within(organization))))
      return &signature;
    if (other == nullptr) other = &signature;
  }
  return other;
}

std::optional<AuthFailure> failure_asked_for(const auth::DmarcFinding& finding,
                                             const ports::SpfFinding& spf,
                                             const std::vector<DkimFinding>& dkim) {
  const auto& record = finding.record;
  if (!record || record->ruf.empty() || record->psd == auth::PublicSuffix::yes)
    return std::nullopt;
  const bool has_failed = finding.result == DmarcResult::fail;
  if (!has_failed && finding.result != DmarcResult::pass) return std::nullopt;
  const auto& fo = record->fo;
  if (has_failed && (fo.if_all_fail || fo.if_any_fails)) return AuthFailure::dmarc;
  if (fo.if_any_fails && any_method_fails(finding, spf, dkim)) return AuthFailure::dmarc;
  if (fo.if_dkim_fails)
    if (const auto* signature = failed_signature(finding, dkim))
      return failure_of(*signature);
  if (fo.if_spf_fails && is_failed(spf)) return AuthFailure::spf;
  return std::nullopt;
}

std::string_view to_text(AuthFailure failure) noexcept {
  switch (failure) {
    case AuthFailure::dmarc:
      return "dmarc";
    case AuthFailure::signature:
      return "signature";
    case AuthFailure::bodyhash:
      return "bodyhash";
    case AuthFailure::revoked:
      return "revoked";
    case AuthFailure::spf:
      return "spf";
  }
  unreachable();
}

}  // namespace milterward::reports
