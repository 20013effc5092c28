// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/feedback/aggregate_reader.h"
#include "policy/feedback/plain_text.h"
#include "policy/feedback/report_parts.h"
#include "policy/feedback/tls_reader.h"
#include "policy/feedback/unpacked.h"
#include "policy/mail/message_text.h"

namespace milterward::feedback {
namespace {

using namespace std::chrono_literals;

/// Clocks differ, and a day may be reported before it has ended.
constexpr auto ahead = 48h;

template <class Report>
Ingested checked(Result<Report, std::string> report, WallTime today) {
  if (!report) return Unexpected{report.fault()};
  if (report->head.end > today + ahead)
    return Unexpected{std::string{"it is about a time that has not come yet"}};
  return ports::FeedbackReport{std::move(*report)};
}

/// A field name and a colon, or a line of an mbox.
bool looks_like_mail(std::string_view octets) {
  if (octets.starts_with("From ")) return true;
  const auto line = octets.substr(0, octets.find('\n'));
  const auto colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(line.substr(0, colon),
                             [](char c) { return is_alnum(c) || c == '-'; });
}

}  // namespace

Ingested ingest_file(std::string_view octets, const IngestLimits& limits, WallTime today) {
  auto unpacked = unpack(octets, {limits.unpacked});
  if (!unpacked) return Unexpected{unpacked.fault()};
  auto text = as_utf8(std::move(*unpacked));
  if (!text) return Unexpected{std::string{"its text is in no encoding of XML or JSON"}};
  if (text->size() > limits.unpacked)
    return Unexpected{fmt::format("in UTF-8 it is larger than {} octets", limits.unpacked)};
  const auto begin = std::ranges::find_if_not(*text, is_fws);
  if (begin == text->end()) return Unexpected{std::string{"it is empty"}};
  text->erase(text->begin(), begin);
  if (text->starts_with('<'))
    return checked(read_aggregate(std::move(*text), limits.unpacked), today);
  if (text->starts_with('{') || text->starts_with('['))
    return checked(read_tls_report(*text, limits.unpacked), today);
  return Unexpected{std::string{"it is neither XML nor JSON, nor gzip or zip"}};
}

std::vector<IngestedPart> ingest_mail(const RawHeaders& headers, std::string_view body,
                                      const IngestLimits& limits, WallTime today) {
  std::vector<IngestedPart> all;
  for (auto& part : report_parts(headers, body)) {
    all.push_back({std::move(part.name), ingest_file(part.octets, limits, today)});
    std::string{}.swap(part.octets);
  }
  if (all.empty())
    all.push_back(
        {"", Unexpected{std::string{"the mail has no part that may be a report"}}});
  return all;
}

std::vector<IngestedPart> ingest_anything(std::string_view octets,
                                          const IngestLimits& limits, WallTime today) {
  std::vector<IngestedPart> all;
  if (!looks_like_mail(octets)) {
    all.push_back({"", ingest_file(octets, limits, today)});
    return all;
  }
  const auto mail = parse_message(octets);
  return ingest_mail(mail.headers, mail.body, limits, today);
}

ports::FeedbackKind kind_of(const ports::FeedbackReport& report) noexcept {
  return std::holds_alternative<ports::TlsReport>(report) ? ports::FeedbackKind::tls
                                                          : ports::FeedbackKind::aggregate;
}

const ports::FeedbackHead& head_of(const ports::FeedbackReport& report) noexcept {
  return std::visit([](const auto& one) -> const ports::FeedbackHead& { return one.head; },
                    report);
}

std::string domain_of(const ports::FeedbackReport& report) {
  if (const auto* aggregate = std::get_if<ports::AggregateReport>(&report))
    return aggregate->domain;
  const auto& tls = std::get<ports::TlsReport>(report);
  return tls.policies.empty() ? std::string{} : tls.policies.front().domain;
}

std::uint64_t count_of(const ports::FeedbackReport& report) noexcept {
  if (const auto* aggregate = std::get_if<ports::AggregateReport>(&report))
    return aggregate->messages();
  std::uint64_t sum = 0;
  for (const auto& policy : std::get_if<ports::TlsReport>(&report)->policies)
    sum += policy.worked + policy.failed;
  return sum;
}

}  // namespace milterward::feedback
