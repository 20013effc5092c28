// SPDX-License-Identifier: Apache-2.0
#include "policy/failure_reporting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/base/unreachable.h"
#include "policy/mail/address.h"
#include "policy/reports/aggregate_rows.h"
#include "policy/reports/redaction.h"

namespace milterward {
namespace {

using auth::AuthresMethod;
using ports::DkimFinding;
using reports::DeliveryResult;
using reports::FailureIncident;

constexpr std::size_t spf_texts_limit = 11;
/// Signatures in the line by which incidents are told apart.
constexpr std::size_t signatures_compared = 10;

DeliveryResult delivery_of(Action action) {
  switch (action) {
    case Action::accept:
    case Action::tag:
    case Action::subject:
    case Action::defer:  // of which nothing is noted
      return DeliveryResult::delivered;
    case Action::quarantine:
    case Action::redirect:
      return DeliveryResult::policy;
    case Action::reject:
      return DeliveryResult::reject;
  }
  unreachable();
}

bool is_automatic(const RawHeaders& headers) {
  for (const auto* field : fields_named(headers, "Auto-Submitted")) {
    const auto value = unfolded(field->value);
    if (!equal_ignoring_case(trim(std::string_view{value}.substr(0, value.find(';'))),
                             "no"))
      return true;
  }
  for (const auto* field : fields_named(headers, "Content-Type"))
    if (starts_with_ignoring_case(unfolded(field->value), "multipart/report")) return true;
  return false;
}

/// What the evaluation of SPF calls the term of an explanation, which is no record.
constexpr std::string_view explanation_term = "exp";

/// The records SPF went by, as it read them: several of one name where that is the error.
std::vector<reports::SpfText> spf_texts_of(const ports::SpfFinding& spf) {
  std::vector<reports::SpfText> found;
  reports::SpfNames names;
  for (const auto& step : spf.steps) {
    const auto name = reports::as_value(names.shown(step.term, step.name));
    if (step.term == explanation_term) continue;
    for (const auto& record : step.records) {
      if (found.size() == spf_texts_limit) return found;
      found.push_back({name, record});
    }
  }
  return found;
}

/// A reason may say a name that was asked for.
bool asked_for_the_sender(const ports::SpfFinding& spf) {
  reports::SpfNames names;
  for (const auto& step : spf.steps) names.shown(step.term, step.name);
  return names.have_sender();
}

std::string domain_of_sender(const std::string& mail_from) {
  const auto text = claimed_sender(mail_from).domain_text;
  const auto domain = Domain::parse(text);
  return domain ? domain->name() : reports::as_value(to_lower(text));
}

class FailureDraft final : public ports::ReportDraft {
 public:
  FailureDraft(const Services& services, ReportedFailure failure, const RawHeaders& headers,
               const rules::MessageFacts& facts, const Decision& decision)
      : at_(services.clock->today()),
        config_(services.config),
        redaction_{config_->report.failure.local_parts, services.trace_secret},
        authserv_id_(services.authserv_id),
        failure_(std::move(failure)),
        client_(facts.client_examined()),
        mail_from_(facts.mail_from),
        delivery_(delivery_of(decision.effective().action)) {
    for (const auto& field : headers)
      if (std::ranges::any_of(config_->report.failure.fields,
                              [&](const std::string& name) { return field.is(name); }))
        headers_.push_back(field);
  }

  ports::ReportEntry write() const override {
    const auto what = incident();
    return {at_,
            failure_.dmarc.policy_domain.name(),
            to_text(what),
            "",
            failure_.dmarc.record->ruf,
            ports::ReportKind::failure,
            example_of(what, message())};
  }

 private:
  FailureIncident incident() const {
    const auto& dmarc = failure_.dmarc;
    std::string results = fmt::format("spf={}", ports::to_text(failure_.spf.result));
    for (std::size_t i = 0; i < failure_.dkim.size() && i < signatures_compared; ++i) {
      const auto& signature = failure_.dkim[i];
      results += fmt::format(" {}/{}={}", reports::as_value(signature.domain),
                             reports::as_value(signature.selector),
                             ports::to_text(signature.result));
    }
    return {failure_.failure,
            !dmarc.dkim_is_aligned,
            !dmarc.spf_is_aligned,
            delivery_,
            client_.text(),
            dmarc.author_domain.name(),
            domain_of_sender(mail_from_),
            std::move(results)};
  }

  reports::FailedMessage message() const {
    reports::FailedMessage message;
    message.authserv_id = authserv_id_;
    message.authres =
        auth::print_authres({authserv_id_, shown_methods()},
                            {auth::AuthresComments::left_out, FieldText::ascii});
    message.mail_from = redacted_address(mail_from_, redaction_);
    message.arrival = at_;
    const auto& dmarc = failure_.dmarc;
    if (const auto* signature = reports::failed_signature(dmarc, failure_.dkim);
        signature != nullptr && !signature->domain.empty() &&
        (!dmarc.dkim_is_aligned || is_about_dkim()))
      message.signature = {signature->domain, identity_of(*signature), signature->selector};
    if (!dmarc.spf_is_aligned || failure_.failure == reports::AuthFailure::spf)
      message.spf = failure_.spf_texts;
    message.header =
        reports::shown_header(headers_, config_->report.failure.fields, redaction_);
    return message;
  }

  bool is_about_dkim() const noexcept {
    return failure_.failure != reports::AuthFailure::dmarc &&
           failure_.failure != reports::AuthFailure::spf;
  }

  /// "@example.org" names nobody.
  std::string identity_of(const DkimFinding& signature) const {
    return reports::redacted_identity(signature.identity, redaction_);
  }

  /// What bears on DMARC, and no person.
  std::vector<AuthresMethod> shown_methods() const {
    std::vector<AuthresMethod> shown;
    for (auto method : failure_.methods) {
      if (method.method != "spf" && method.method != "dkim" && method.method != "dmarc")
        continue;
      for (auto& property : method.properties)
        property.value = property.name == "i"
                             ? reports::redacted_identity(property.value, redaction_)
                             : reports::redacted_text(property.value, redaction_);
      method.reason = method.method == "spf" && asked_for_the_sender(failure_.spf)
                          ? std::string{}
                          : reports::redacted_text(method.reason, redaction_);
      shown.push_back(std::move(method));
    }
    return shown;
  }

  const WallTime at_;
  const std::shared_ptr<const conf::Config> config_;
  const reports::Redaction redaction_;
  const std::string authserv_id_;
  const ReportedFailure failure_;
  const IpAddress client_;
  const std::string mail_from_;
  const DeliveryResult delivery_;
  RawHeaders headers_;  // those that may be shown
};

}  // namespace

bool is_worth_a_failure_report(const rules::MessageFacts& facts, const RawHeaders& headers,
                               const std::string& report_from) {
  const bool is_to_us = facts.recipient_count == 1 && facts.recipients.size() == 1 &&
                        equal_ignoring_case(facts.recipients.front(), report_from);
  return !facts.mail_from.empty() && !is_to_us &&
         !equal_ignoring_case(facts.mail_from, report_from) && !is_automatic(headers);
}

std::optional<ReportedFailure> failure_to_report(const Services& services,
                                                 const AuthResults& results,
                                                 const ExaminedClient& client,
                                                 const rules::MessageFacts& facts,
                                                 const RawHeaders& headers) {
  const auto& report = services.config->report;
  if (!report.sends_failures() || !client.address.known()) return std::nullopt;
  const auto* finding = auth::strictest(results.dmarc);
  if (finding == nullptr) return std::nullopt;
  if (report.failure.of == conf::FailureReports::failed &&
      finding->result != auth::DmarcResult::fail)
    return std::nullopt;
  const auto failure =
      reports::failure_asked_for(*finding, results.mail_from, results.dkim);
  if (!failure || !is_worth_a_failure_report(facts, headers, report.from))
    return std::nullopt;
  return ReportedFailure{*failure,
                         *finding,
                         results.mail_from,
                         results.dkim,
                         authres_methods(results, client, facts.mail_from),
                         spf_texts_of(results.mail_from)};
}

void note_failure(const Services& services, ReportedFailure failure,
                  const RawHeaders& headers, const rules::MessageFacts& facts,
                  const Decision& decision) noexcept {
  if (decision.effective().action == Action::defer) return;
  at_c_boundary("reports", 0, [&] {
    services.report_rows->note(std::make_unique<const FailureDraft>(
        services, std::move(failure), headers, facts, decision));
    return 0;
  });
}

}  // namespace milterward
