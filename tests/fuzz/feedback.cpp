// SPDX-License-Identifier: Apache-2.0
// Any octets are a report, a mail with reports, or refused with a reason; whatever is read
// is harmless to store and to show, and means the same to everybody.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/base/ascii.h"
#include "policy/feedback/aggregate_reader.h"
#include "policy/feedback/ingest.h"
#include "policy/feedback/plain_text.h"
#include "policy/feedback/report_parts.h"
#include "policy/feedback/tls_reader.h"
#include "policy/mail/domain.h"
#include "policy/mail/utf8.h"

namespace {

using namespace milterward;
using namespace std::chrono;

constexpr WallTime some_day = sys_days{2026y / 11 / 25};
constexpr feedback::IngestLimits small{1'000'000};

void require(bool is_so) {
  if (!is_so) std::abort();
}

void check_text(std::string_view text) {
  require(text.size() <= feedback::text_limit && is_valid_utf8(text));
  for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void check_name(std::string_view name) {
  const auto domain = Domain::parse(name);
  require(domain && domain->name() == name);
}

void check(const ports::AggregateReport& report) {
  check_name(report.domain);
  require(report.rows.size() <= feedback::row_limit);
  for (const auto& row : report.rows) {
    require(row.source.known() && row.count <= feedback::count_limit);
    check_name(row.header_from);
    require(row.reasons.size() <= feedback::list_limit &&
            row.dkim_passed.size() <= feedback::list_limit &&
            row.spf_passed.size() <= feedback::list_limit);
    for (const auto& reason : row.reasons) check_text(reason);
    for (const auto& passed : row.dkim_passed) {
      check_name(passed.domain);
      check_text(passed.selector);
    }
    for (const auto& passed : row.spf_passed) check_name(passed);
  }
}

void check(const ports::TlsReport& report) {
  require(!report.policies.empty() && report.policies.size() <= feedback::tls_policy_limit);
  for (const auto& policy : report.policies) {
    check_name(policy.domain);
    check_text(policy.kind);
    require(policy.worked <= feedback::count_limit &&
            policy.failed <= feedback::count_limit &&
            policy.failures.size() <= feedback::tls_failure_limit);
    for (const auto& failure : policy.failures) {
      check_text(failure.kind);
      check_text(failure.exchange);
      check_text(failure.reason);
      require(failure.count <= feedback::count_limit);
    }
  }
}

void check(const feedback::Ingested& outcome) {
  if (!outcome) return require(!outcome.fault().empty());
  const auto& head = feedback::head_of(*outcome);
  for (const auto* text : {&head.organisation, &head.contact, &head.report_id})
    check_text(*text);
  require(!head.organisation.empty() && !head.report_id.empty());
  require(head.begin <= head.end && head.end - head.begin <= feedback::period_limit);
  require(head.notes.size() <= feedback::list_limit);
  std::visit([](const auto& report) { check(report); }, *outcome);
  check_name(feedback::domain_of(*outcome));
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  check(feedback::ingest_file(text, small, some_day));
  const auto parts = feedback::ingest_anything(text, small, some_day);
  require(!parts.empty() && parts.size() <= feedback::report_limit);
  for (const auto& part : parts) {
    require(printable(part.name, part.name.size()) == part.name);
    check(part.outcome);
  }
  return 0;
}
