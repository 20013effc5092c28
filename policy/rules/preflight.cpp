// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/rules/facts_text.h"

namespace milterward::rules {
namespace {

using conf::OnPreflight;
using conf::PreflightActions;
using conf::PreflightSettings;

/// Of a detail, in a reply.
constexpr std::size_t detail_in_reply = 60;

/// One kind of finding: its name, its key, and what its sender is told.
struct Row {
  Preflight kind;
  std::string_view word;
  OnPreflight PreflightActions::*action;
  std::string_view status;  // behind "5."
  std::string_view text;    // "{}" stands for the detail
};

constexpr std::array rows{
    Row{Preflight::no_message_id, "no_message_id", &PreflightActions::no_message_id, "6.0",
        "The message has no Message-ID (RFC 5322 section 3.6.4)"},
    Row{Preflight::malformed_message_id, "malformed_message_id",
        &PreflightActions::malformed_message_id, "6.0",
        "The Message-ID is malformed (RFC 5322 section 3.6.4)"},
    Row{Preflight::no_date, "no_date", &PreflightActions::no_date, "6.0",
        "The message has no Date (RFC 5322 section 3.6.1)"},
    Row{Preflight::malformed_date, "malformed_date", &PreflightActions::malformed_date,
        "6.0", "The Date is malformed (RFC 5322 section 3.3)"},
    Row{Preflight::doubled_field, "doubled_field", &PreflightActions::doubled_field, "6.0",
        "The field {} stands more than once (RFC 5322 section 3.6)"},
    Row{Preflight::long_line, "long_line", &PreflightActions::long_line, "6.0",
        "A line of the {} is longer than 998 octets (RFC 5322 section 2.1.1)"},
    Row{Preflight::unaligned, "unaligned", &PreflightActions::unaligned, "7.1",
        "Neither MAIL FROM nor a signature is of the domain in From"},
    Row{Preflight::unsigned_bulk, "unsigned_bulk", &PreflightActions::unsigned_bulk, "7.1",
        "Bulk mail leaves here with a DKIM signature of the domain in From only"},
    Row{Preflight::no_unsubscribe, "no_unsubscribe", &PreflightActions::no_unsubscribe,
        "7.1", "Bulk mail needs List-Unsubscribe by one click (RFC 8058)"},
    Row{Preflight::unsubscribe_unsigned, "unsubscribe_unsigned",
        &PreflightActions::unsubscribe_unsigned, "7.1",
        "No signature covers List-Unsubscribe and List-Unsubscribe-Post (RFC 8058)"},
    Row{Preflight::spf, "spf", &PreflightActions::spf, "7.1",
        "SPF of the domain in MAIL FROM does not pass for this server ({})"},
    Row{Preflight::no_ptr, "no_ptr", &PreflightActions::no_ptr, "7.1",
        "An address of this server has no name that leads back to it ({})"},
    Row{Preflight::no_dmarc, "no_dmarc", &PreflightActions::no_dmarc, "7.1",
        "The domain in From publishes no DMARC record, which bulk mail needs"},
};

const Row& row_of(Preflight kind) noexcept {
  const auto found = std::ranges::find(rows, kind, &Row::kind);
  if (found == rows.end()) unreachable();
  return *found;
}

bool has_sent_in_bulk(const QuotaFact& fact, std::size_t a_day) noexcept {
  const bool is_of_sender =
      fact.scope == QuotaScope::account || fact.scope == QuotaScope::domain;
  const bool is_of_mail = fact.measure == conf::QuotaMeasure::messages ||
                          fact.measure == conf::QuotaMeasure::recipients;
  return is_of_sender && is_of_mail && fact.period == "day" && fact.used >= a_day;
}

void add_bulk_findings(const MessageFacts& facts, std::vector<PreflightFact>& found) {
  if (!facts.signature_is_aligned) found.push_back({Preflight::unsigned_bulk, ""});
  switch (facts.unsubscription) {
    case Unsubscription::none:
    case Unsubscription::not_one_click:
      found.push_back({Preflight::no_unsubscribe, ""});
      break;
    case Unsubscription::not_signed:
      found.push_back({Preflight::unsubscribe_unsigned, ""});
      break;
    case Unsubscription::one_click:
      break;
  }
  if (facts.dmarc_is_missing) found.push_back({Preflight::no_dmarc, ""});
}

std::string told(const PreflightFact& fact) {
  const auto& row = row_of(fact.kind);
  return fmt::format(fmt::runtime(row.text), printable(fact.detail, detail_in_reply));
}

Verdict verdict_of(const PreflightFact& fact, OnPreflight action) {
  auto rule = fmt::format("preflight.{}", to_text(fact.kind));
  auto verdict = Verdict::proceed(rule);
  switch (action) {
    case OnPreflight::accept:
      return verdict;
    case OnPreflight::tag:
      verdict.action = Action::tag;
      return verdict;
    case OnPreflight::hold:
      verdict.action = Action::quarantine;
      verdict.hold_reason = fmt::format("{}: {}", rule, told(fact));
      return verdict;
    case OnPreflight::reject:
      return Verdict::reject(
          std::move(rule),
          {550, fmt::format("5.{}", row_of(fact.kind).status), told(fact)});
  }
  unreachable();
}

}  // namespace

std::string_view to_text(Preflight kind) noexcept { return row_of(kind).word; }

std::string_view to_text(Unsubscription state) noexcept {
  switch (state) {
    case Unsubscription::none:
      return "none";
    case Unsubscription::not_one_click:
      return "not_one_click";
    case Unsubscription::not_signed:
      return "not_signed";
    case Unsubscription::one_click:
      return "one_click";
  }
  unreachable();
}

OnPreflight action_for(Preflight kind, const PreflightActions& on) noexcept {
  return on.*row_of(kind).action;
}

bool is_bulk(const MessageFacts& facts, const PreflightSettings& settings) {
  if (facts.mail_from.empty()) return false;  // notices and answers of programs
  const auto is_of_class = [&](const std::string& name) {
    return !facts.account_class.empty() && name == facts.account_class;
  };
  return std::ranges::any_of(settings.bulk_classes, is_of_class) ||
         !facts.bulk_field.empty() || facts.recipient_count >= settings.bulk_recipients ||
         (settings.bulk_a_day > 0 &&
          std::ranges::any_of(facts.quotas, [&](const QuotaFact& fact) {
            return has_sent_in_bulk(fact, settings.bulk_a_day);
          }));
}

std::vector<PreflightFact> findings_of(const MessageFacts& facts,
                                       const PreflightSettings& settings) {
  if (!facts.is_preflighted) return {};
  auto found = facts.preflight;
  // A notice has the null sender, and nobody asks it to be signed.
  if (!facts.mail_from.empty() && !facts.signature_is_aligned &&
      !facts.mail_from_is_aligned)
    found.push_back({Preflight::unaligned, ""});
  if (is_bulk(facts, settings)) add_bulk_findings(facts, found);
  return found;
}

std::optional<Verdict> decide_preflight(const MessageFacts& facts,
                                        const PreflightSettings& settings) {
  const auto found = findings_of(facts, settings);
  const auto action = [&](const PreflightFact& fact) {
    return action_for(fact.kind, settings.on);
  };
  const auto strictest = std::ranges::max_element(found, {}, action);
  if (strictest == found.end() || action(*strictest) == OnPreflight::accept)
    return std::nullopt;
  return verdict_of(*strictest, action(*strictest));
}

}  // namespace milterward::rules
