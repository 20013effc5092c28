// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/tls_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/feedback/aggregate_reader.h"
#include "policy/feedback/markup_census.h"
#include "policy/feedback/plain_text.h"
#include "policy/mail/domain.h"

namespace milterward::feedback {
namespace {

using nlohmann::json;
using ports::TlsPolicy;
using ports::TlsReport;

const json nothing;

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x == '_' ? '-' : x) == to_lower(y);
         });
}

/// A null where there is no such member, or no object.
const json& member_of(const json& object, std::string_view name) {
  if (!object.is_object()) return nothing;
  for (auto it = object.begin(); it != object.end(); ++it)
    if (is_same_name(it.key(), name)) return it.value();
  return nothing;
}

std::string string_of(const json& value) {
  return value.is_string() ? plain(value.get_ref<const std::string&>()) : std::string{};
}

/// What a list holds, or the one thing that stands for it.
template <class Visit>
void each_of(const json& list, Visit visit) {
  if (list.is_array())
    std::ranges::for_each(list, visit);
  else if (!list.is_null())
    visit(list);
}

/// None where it is there and no count; 0 where it is not there.
std::optional<std::uint64_t> count_of(const json& value) {
  if (value.is_null()) return 0;
  if (value.is_string()) return parse_count(value.get_ref<const std::string&>());
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (!(number >= 0) || number > static_cast<double>(count_limit)) return std::nullopt;
    return static_cast<std::uint64_t>(number);
  }
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > count_limit)
    return std::nullopt;
  return value.get<std::uint64_t>();
}

std::optional<std::chrono::sys_seconds> time_of(const json& value) {
  if (value.is_string()) return parse_report_time(value.get_ref<const std::string&>());
  if (value.is_number_unsigned()) return parse_report_time(value.dump());
  return std::nullopt;
}

void note_in(ports::FeedbackHead& head, std::string text) {
  if (head.notes.size() < list_limit) head.notes.push_back(std::move(text));
}

std::string read_tls_head(const json& root, ports::FeedbackHead& head) {
  head.organisation = string_of(member_of(root, "organization-name"));
  head.contact = string_of(member_of(root, "contact-info"));
  head.report_id = string_of(member_of(root, "report-id"));
  if (head.organisation.empty()) {
    if (head.contact.empty())
      return "it does not say who reports: no organization-name, no contact-info";
    head.organisation = head.contact;
    note_in(head, "there is no organization-name; the address of its sender stands for it");
  }
  if (head.report_id.empty())
    return "it has no report-id, by which it could be known again";
  const auto& range = member_of(root, "date-range");
  const auto begin = time_of(member_of(range, "start-datetime"));
  const auto end = time_of(member_of(range, "end-datetime"));
  if (!begin || !end) return "its date-range is not one";
  head.begin = std::min(*begin, *end);
  head.end = std::max(*begin, *end);
  if (*begin > *end)
    note_in(head, "its date-range ends before it begins; it is turned round");
  if (head.end - head.begin > period_limit)
    return fmt::format("its date-range is longer than {} days", period_limit.count());
  return {};
}

void read_failure(const json& details, TlsPolicy& policy, ports::FeedbackHead& head) {
  const auto count = count_of(member_of(details, "failed-session-count"));
  if (!count)
    return note_in(head, "a kind of failure is left out: its failed-session-count is none");
  auto exchange = string_of(member_of(details, "receiving-mx-hostname"));
  if (exchange.empty()) exchange = string_of(member_of(details, "receiving-ip"));
  auto reason = string_of(member_of(details, "failure-reason-code"));
  if (reason.empty()) reason = string_of(member_of(details, "failure-error-code"));
  policy.failures.push_back({to_lower(string_of(member_of(details, "result-type"))),
                             std::move(exchange), *count, std::move(reason)});
}

std::optional<TlsPolicy> read_tls_policy(const json& item, ports::FeedbackHead& head) {
  const auto& described = member_of(item, "policy");
  const auto* summary = &member_of(item, "summary");
  if (summary->is_null()) summary = &member_of(described, "summary");
  const auto domain = Domain::parse(string_of(member_of(described, "policy-domain")));
  const auto worked = count_of(member_of(*summary, "total-successful-session-count"));
  const auto failed = count_of(member_of(*summary, "total-failure-session-count"));
  if (!domain || !worked || !failed) {
    note_in(head, domain ? "a policy is left out: its summary has no counts"
                         : "a policy is left out: its policy-domain is none");
    return std::nullopt;
  }
  return TlsPolicy{to_lower(string_of(member_of(described, "policy-type"))),
                   domain->name(),
                   *worked,
                   *failed,
                   {}};
}

std::string why_no_tree(const std::string& text, std::size_t most_octets) {
  const auto census = census_of_json(text);
  if (census.depth > json_depth_limit)
    return fmt::format("its values are nested more than {} deep", json_depth_limit);
  if (census.nodes > most_octets / octets_of_a_value)
    return fmt::format("it has more than {} values", most_octets / octets_of_a_value);
  return {};
}

}  // namespace

Result<TlsReport, std::string> read_tls_report(const std::string& text,
                                               std::size_t most_octets) {
  if (auto fault = why_no_tree(text, most_octets); !fault.empty())
    return Unexpected{std::move(fault)};
  const auto root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return Unexpected{std::string{"it is no well-formed JSON"}};
  const auto& policies = member_of(root, "policies");
  if (policies.is_null())
    return Unexpected{std::string{"it is no report of TLS: it has no policies"}};
  TlsReport report;
  if (auto fault = read_tls_head(root, report.head); !fault.empty())
    return Unexpected{std::move(fault)};
  std::size_t failures = 0;
  std::size_t looked_at = 0;
  each_of(policies, [&](const json& item) {
    if (++looked_at > tls_policy_limit) return;
    auto policy = read_tls_policy(item, report.head);
    if (!policy) return;
    each_of(member_of(item, "failure-details"), [&](const json& details) {
      if (++failures <= tls_failure_limit) read_failure(details, *policy, report.head);
    });
    report.policies.push_back(std::move(*policy));
  });
  if (looked_at > tls_policy_limit)
    return Unexpected{fmt::format("it has more than {} policies", tls_policy_limit)};
  if (failures > tls_failure_limit)
    return Unexpected{
        fmt::format("it has more than {} failure-details", tls_failure_limit)};
  if (report.policies.empty())
    return Unexpected{std::string{report.head.notes.empty()
                                      ? "it has no policies"
                                      : "none of its policies can be counted: " +
                                            report.head.notes.back()}};
  return report;
}

}  // namespace milterward::feedback
