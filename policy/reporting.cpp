// SPDX-License-Identifier: Apache-2.0
#include "policy/reporting.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/reports/aggregate_rows.h"

namespace milterward {
namespace {

using auth::DmarcPolicy;
using auth::DmarcResult;
using reports::AggregateRow;
using reports::Disposition;
using reports::OverrideNote;

Disposition disposition_of(DmarcPolicy policy) {
  switch (policy) {
    case DmarcPolicy::none:
      return Disposition::none;
    case DmarcPolicy::quarantine:
      return Disposition::quarantine;
    case DmarcPolicy::reject:
      return Disposition::reject;
  }
  unreachable();
}

std::string domain_shown(const std::string& mail_from) {
  const auto text = claimed_sender(mail_from).domain_text;
  const auto domain = Domain::parse(text);
  return domain ? domain->name() : reports::as_value(to_lower(text));
}

class RowDraft final : public ports::ReportDraft {
 public:
  RowDraft(const Services& services, auth::DmarcFinding finding,
           const rules::MessageFacts& facts, const Decision& decision)
      : at_(services.clock->today()),
        discovery_(services.config->dmarc.discovery),
        finding_(std::move(finding)),
        client_(facts.client_examined()),
        mail_from_(facts.mail_from),
        spf_domain_(facts.spf_domain),
        spf_(facts.spf),
        dkim_(facts.dkim),
        outcome_(decision.dmarc) {}

  ports::ReportEntry write() const override {
    const auto& domain = finding_.policy_domain.name();
    return {at_, domain,
            to_text(reports::published_policy(domain, *finding_.record, discovery_)),
            to_text(row()), finding_.record->rua};
  }

 private:
  AggregateRow row() const {
    AggregateRow row;
    row.source_ip = client_.text();
    row.dkim_is_aligned = finding_.dkim_is_aligned;
    row.spf_is_aligned = finding_.spf_is_aligned;
    row.header_from = finding_.author_domain.name();
    row.envelope_from = domain_shown(mail_from_);
    std::vector<reports::SignatureResult> signatures;
    for (const auto& signature : dkim_)
      signatures.push_back({signature.domain, signature.selector, signature.result});
    row.dkim = reports::signatures_of(std::move(signatures), finding_.author_domain,
                                      finding_.organizational_domain);
    if (!spf_domain_.empty())
      row.spf = reports::SpfOutcome{reports::as_value(spf_domain_), spf_};
    judge(row);
    return row;
  }

  /// What became of it. RFC 9990 section 3.1.1.10.
  void judge(AggregateRow& row) const {
    if (finding_.result == DmarcResult::pass) {
      if (finding_.published != DmarcPolicy::none) row.disposition = Disposition::pass;
      return;
    }
    if (!outcome_) {
      row.reason = OverrideNote{conf::OverrideReason::other,
                                "DNS did not answer, so DMARC came to no result"};
      return;
    }
    row.disposition = disposition_of(outcome_->disposition);
    if (outcome_->reason)
      row.reason = OverrideNote{
          *outcome_->reason, reports::as_value(outcome_->comment, reports::comment_limit)};
  }

  const WallTime at_;
  const conf::DmarcDiscovery discovery_;
  const auth::DmarcFinding finding_;
  const IpAddress client_;
  const std::string mail_from_;
  const std::string spf_domain_;
  const ports::SpfResult spf_;
  const std::vector<rules::DkimFact> dkim_;
  const std::optional<rules::DmarcOutcome> outcome_;
};

}  // namespace

namespace {

class ReturnedDraft final : public ports::ReportDraft {
 public:
  explicit ReturnedDraft(std::string_view mark) : mark_(mark) {}
  ports::ReportEntry write() const override {
    ports::ReportEntry entry;
    entry.returned = mark_;
    return entry;
  }

 private:
  const std::string mark_;
};

}  // namespace

void note_returned_report(const Services& services, std::string_view message_id) noexcept {
  const auto local = message_id.substr(0, message_id.rfind('@'));
  const auto dot = local.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == local.size()) return;
  at_c_boundary("reports", 0, [&] {
    services.report_rows->note(
        std::make_unique<const ReturnedDraft>(local.substr(dot + 1)));
    return 0;
  });
}

std::optional<auth::DmarcFinding> to_be_reported(const AuthResults& results) {
  const auto* finding = auth::strictest(results.dmarc);
  if (finding == nullptr || !finding->record || finding->record->rua.empty())
    return std::nullopt;
  return *finding;
}

void note_for_reports(const Services& services, auth::DmarcFinding finding,
                      const rules::MessageFacts& facts, const Decision& decision) noexcept {
  if (decision.effective().action == Action::defer || !facts.client_examined().known())
    return;
  at_c_boundary("reports", 0, [&] {
    services.report_rows->note(
        std::make_unique<const RowDraft>(services, std::move(finding), facts, decision));
    return 0;
  });
}

}  // namespace milterward
