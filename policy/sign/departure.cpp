// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/departure.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/auth/dkim/canonical.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/sign/sendmail_addresses.h"

namespace milterward::sign {
namespace {

// Those that Sendmail calls H_FROM or H_RCPT.
constexpr std::array<std::string_view, 13> address_fields{"From",
                                                          "Sender",
                                                          "Reply-To",
                                                          "To",
                                                          "Cc",
                                                          "Bcc",
                                                          "Resent-From",
                                                          "Resent-Sender",
                                                          "Resent-To",
                                                          "Resent-Cc",
                                                          "Resent-Reply-To",
                                                          "Apparently-To",
                                                          "Disposition-Notification-To"};

bool is_address_field(const RawHeader& field) {
  return std::ranges::any_of(address_fields,
                             [&](std::string_view name) { return field.is(name); });
}

std::string relaxed(const RawHeader& field) {
  auth::CanonicalHeader canonical{auth::Canonicalization::relaxed};
  canonical.append(field.name, field.value);
  return canonical.text();
}

bool is_same_when_relaxed(const RawHeader& a, const RawHeader& b) {
  return relaxed(a) == relaxed(b);
}

using Leaving = std::optional<RawHeader>;

Leaving behind_postfix(const RawHeader& field, LineLimit limit) {
  if (!has_long_line(limit, field.name, field.value)) return field;
  return RawHeader{field.name, with_broken_lines(limit, field.name, field.value)};
}

Leaving behind_sendmail(const RawHeader& field, LineLimit limit, std::string_view host) {
  if (!is_address_field(field)) {
    // Such lines are not only broken but cut.
    if (has_long_line(limit, field.name, field.value)) return std::nullopt;
    return field;
  }
  const auto written = as_sendmail_writes(field.value, host);
  if (!written) return std::nullopt;
  return RawHeader{field.name, " " + *written};
}

/// Whichever of the two it may be like.
Leaving behind_another(const RawHeader& field) {
  const auto leaving = behind_sendmail(field, postfix_line_limit, "");
  if (!leaving || !is_same_when_relaxed(*leaving, field)) return std::nullopt;
  return field;
}

Leaving leaving_field(const Departure& departure, const RawHeader& field) {
  switch (departure.mta) {
    case Mta::postfix:
      return behind_postfix(field, departure.line_limit());
    case Mta::sendmail:
      return behind_sendmail(field, departure.line_limit(), departure.host);
    case Mta::other:
      return behind_another(field);
  }
  unreachable();
}

bool holds(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::ranges::any_of(
      names, [&](const std::string& held) { return equal_ignoring_case(held, name); });
}

}  // namespace

LineLimit Departure::line_limit() const {
  switch (mta) {
    case Mta::postfix:
      return postfix_line_limit;
    case Mta::sendmail:
      return sendmail_line_limit(mailer);
    case Mta::other:
      return {};
  }
  unreachable();
}

bool LeavingHeader::leaves_unforeseen(std::string_view name) const noexcept {
  return holds(unforeseen, name);
}

bool LeavingHeader::leaves_refolded(std::string_view name) const noexcept {
  return holds(refolded, name);
}

LeavingHeader leaving_header(const Departure& departure, const RawHeaders& headers) {
  LeavingHeader header;
  header.may_gain_recipients = departure.mta != Mta::postfix;
  for (const auto& field : headers) {
    auto leaving = leaving_field(departure, field);
    if (!leaving)
      header.unforeseen.push_back(to_lower(field.name));
    else if (departure.mta != Mta::postfix && is_address_field(field))
      header.refolded.push_back(to_lower(field.name));
    if (leaving)
      header.fields.push_back(std::move(*leaving));
    else
      header.fields.push_back(field);
  }
  return header;
}

}  // namespace milterward::sign
