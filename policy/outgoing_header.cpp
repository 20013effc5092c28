// SPDX-License-Identifier: Apache-2.0
#include "policy/outgoing_header.h"

#include <algorithm>
#include <array>

#include "policy/auth/dkim/signature.h"
#include "policy/auth/dkim/tag_list.h"
#include "policy/base/ascii.h"
#include "policy/line_meter.h"
#include "policy/mail/date_time.h"
#include "policy/mail/message_id.h"

namespace milterward {
namespace {

using rules::Preflight;
using rules::Unsubscription;

constexpr std::string_view unsubscribe = "List-Unsubscribe";
constexpr std::string_view unsubscribe_post = "List-Unsubscribe-Post";

/// Fields that may stand once. RFC 5322 section 3.6; RFC 2045 section 3 and RFC 2369
/// section 3.4 for the others.
constexpr auto once = std::to_array<std::string_view>(
    {"Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To",
     "References", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
     "List-Id", unsubscribe, unsubscribe_post});

bool tells_bulk(const RawHeader& field) {
  if (starts_with_ignoring_case(field.name, "List-")) return true;
  if (!field.is("Precedence")) return false;
  const auto value = unfolded(field.value);
  return equal_ignoring_case(value, "bulk") || equal_ignoring_case(value, "list") ||
         equal_ignoring_case(value, "junk");
}

/// RFC 8058 section 3.1: one URI at least has to be of https.
bool has_https(std::string_view value) {
  for (auto at = value.find('<'); at != std::string_view::npos; at = value.find('<', at)) {
    value.remove_prefix(at + 1);
    if (starts_with_ignoring_case(trim(value), "https://")) return true;
    at = 0;
  }
  return false;
}

bool is_one_click(const RawHeader* list, const RawHeader* post) {
  return list != nullptr && post != nullptr && has_https(list->value) &&
         unfolded(post->value) == "List-Unsubscribe=One-Click";
}

void note_signer(OutgoingHeader& found, const RawHeader& field) {
  const auto tags = auth::TagList::parse(field.value);
  if (!tags || !tags->value("d")) return;
  const auto names = auth::colon_list(tags->value("h").value_or(""));
  const auto covers = [&](std::string_view name) {
    return std::ranges::any_of(names,
                               [&](auto one) { return equal_ignoring_case(one, name); });
  };
  found.signers.push_back(
      {to_lower(*tags->value("d")), covers(unsubscribe) && covers(unsubscribe_post)});
}

}  // namespace

OutgoingHeader look_over(const RawHeaders& headers) {
  OutgoingHeader found;
  std::array<const RawHeader*, once.size()> first{};
  std::array<bool, once.size()> is_doubled{};
  bool has_long_line = false;
  for (const auto& field : headers) {
    const auto name = field.bare_name();
    for (std::size_t i = 0; i < once.size(); ++i) {
      if (!equal_ignoring_case(name, once[i])) continue;
      is_doubled[i] = first[i] != nullptr;
      if (first[i] == nullptr) first[i] = &field;
    }
    if (found.bulk_field.empty() && tells_bulk(field)) found.bulk_field = name;
    if (field.is(auth::signature_field_name)) note_signer(found, field);
    has_long_line = has_long_line || has_overlong_line(field);
  }
  const auto field = [&](std::string_view name) {
    return first[static_cast<std::size_t>(std::ranges::find(once, name) - once.begin())];
  };
  const auto* message_id = field("Message-ID");
  found.has_message_id = message_id != nullptr;
  if (message_id == nullptr)
    found.findings.push_back({Preflight::no_message_id, ""});
  else if (!is_message_id(message_id->value))
    found.findings.push_back({Preflight::malformed_message_id, ""});
  const auto* date = field("Date");
  found.has_date = date != nullptr;
  if (date == nullptr)
    found.findings.push_back({Preflight::no_date, ""});
  else if (!is_date_time(date->value))
    found.findings.push_back({Preflight::malformed_date, ""});
  for (std::size_t i = 0; i < once.size(); ++i)
    if (is_doubled[i])
      found.findings.push_back({Preflight::doubled_field, std::string{once[i]}});
  if (has_long_line) found.findings.push_back({Preflight::long_line, "header"});
  if (is_one_click(field(unsubscribe), field(unsubscribe_post)))
    found.unsubscription = Unsubscription::one_click;
  else if (field(unsubscribe) != nullptr)
    found.unsubscription = Unsubscription::not_one_click;
  return found;
}

}  // namespace milterward
