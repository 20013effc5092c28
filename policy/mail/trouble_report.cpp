// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/trouble_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward {
namespace {

/// Of one notice; more are those of a list, whose members are nobody's trouble.
constexpr std::size_t most_recipients = 100;

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// "rfc822; joe@example.org" without its type, "<joe@example.org>" without its brackets.
std::string address_in(std::string_view value) {
  if (const auto semicolon = value.find(';'); semicolon != std::string_view::npos)
    value.remove_prefix(semicolon + 1);
  value = trim(value);
  if (value.starts_with('<') && value.ends_with('>'))
    value = value.substr(1, value.size() - 2);
  return std::string{value};
}

/// One group of fields of a notice.
struct Group {
  std::string original;
  std::string final;
  bool has_failed = false;
};

void close(Group& group, TroubleReport& report) {
  const auto& recipient = group.original.empty() ? group.final : group.original;
  if (group.has_failed && !recipient.empty() && report.failed.size() < most_recipients)
    report.failed.push_back(recipient);
  group = {};
}

/// Of the registered types (RFC 5965 section 7.3, RFC 6430, RFC 6591) "not-spam" is praise,
/// and "auth-failure" and "other" say nothing about what people think.
void note_feedback(std::string_view type, TroubleReport& report) {
  constexpr std::array complaints{"abuse", "fraud", "virus"};
  report.is_feedback = true;
  report.is_complaint = std::ranges::any_of(
      complaints, [&](const char* one) { return equal_ignoring_case(type, one); });
}

}  // namespace

TroubleReport parse_trouble_report(std::string_view body) {
  TroubleReport report;
  Group group;
  std::string* unfinished = nullptr;  // its value stands on the next line
  while (!body.empty()) {
    const auto line = take_line(body);
    const auto former = std::exchange(unfinished, nullptr);
    if (former && !line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      *former = trim(line);
      continue;
    }
    if (line.empty()) close(group, report);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (equal_ignoring_case(name, "Final-Recipient"))
      group.final = address_in(value);
    else if (equal_ignoring_case(name, "Original-Recipient"))
      group.original = address_in(value);
    else if (equal_ignoring_case(name, "Action"))
      group.has_failed = equal_ignoring_case(value, "failed");
    else if (equal_ignoring_case(name, "Feedback-Type"))
      note_feedback(value, report);
    else if (equal_ignoring_case(name, "Message-ID")) {
      report.message_id = value;
      if (value.empty()) unfinished = &report.message_id;
    }
  }
  close(group, report);
  return report;
}

}  // namespace milterward
