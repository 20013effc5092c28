// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/trouble_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

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

/// What a MIME part holds, as far as it matters here.
enum class Part { other, status, feedback, returned };

Part part_of(std::string_view content_type) {
  const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  if (type == "message/delivery-status" || type == "message/global-delivery-status")
    return Part::status;
  if (type == "message/feedback-report") return Part::feedback;
  const bool is_returned = type == "message/rfc822" || type == "text/rfc822-headers" ||
                           type == "message/global" || type == "message/global-headers";
  return is_returned ? Part::returned : Part::other;
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

/// Reads lines, part after part, up to the end of the returned header: what stands behind
/// it was written by the sender himself.
class Reader {
 public:
  /// False when there is no more to be read.
  bool take(std::string_view line) {
    if (const auto former = std::exchange(unfinished_, nullptr);
        former && !line.empty() && is_wsp(line.front())) {
      *former = trim(line);
      return true;
    }
    if (line.starts_with("--") && part_ != Part::returned) {  // a boundary, or looks so
      close(group_, report_);
      part_ = next_ = Part::other;
      return true;
    }
    if (line.empty()) return begin_part();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    field(line.substr(0, colon), trim(line.substr(colon + 1)));
    return true;
  }
  TroubleReport finish() {
    close(group_, report_);
    return std::move(report_);
  }

 private:
  /// A blank line ends a group of fields, or the header of a part, or the returned header.
  bool begin_part() {
    close(group_, report_);
    if (part_ == Part::returned) return false;
    if (next_ != Part::other) part_ = std::exchange(next_, Part::other);
    return true;
  }
  void field(std::string_view name, std::string_view value) {
    switch (part_) {
      case Part::other:
        if (equal_ignoring_case(name, "Content-Type")) next_ = part_of(value);
        return;
      case Part::status:
        if (equal_ignoring_case(name, "Final-Recipient"))
          group_.final = address_in(value);
        else if (equal_ignoring_case(name, "Original-Recipient"))
          group_.original = address_in(value);
        else if (equal_ignoring_case(name, "Action"))
          group_.has_failed = equal_ignoring_case(value, "failed");
        return;
      case Part::feedback:
        if (equal_ignoring_case(name, "Feedback-Type"))
          note_feedback(value, report_);
        else if (equal_ignoring_case(name, "Original-Mail-From"))
          report_.mail_from = address_in(value);
        return;
      case Part::returned:
        if (!equal_ignoring_case(name, "Message-ID") || has_id_) return;
        has_id_ = true;
        report_.message_id = value;
        if (value.empty()) unfinished_ = &report_.message_id;
        return;
    }
    unreachable();
  }

  TroubleReport report_;
  Group group_;
  Part part_ = Part::other;
  Part next_ = Part::other;  // said by the Content-Type of the header being read
  bool has_id_ = false;
  std::string* unfinished_ = nullptr;  // its value stands on the next line
};

}  // namespace

TroubleReport parse_trouble_report(std::string_view body) {
  Reader reader;
  while (!body.empty())
    if (!reader.take(take_line(body))) break;
  return reader.finish();
}

}  // namespace milterward
