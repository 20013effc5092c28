// SPDX-License-Identifier: Apache-2.0
// What of a message a stranger may see who reads reports about it. RFC 6590: the local part
// of an address gives way to a word that is the same for the same address; its domain
// stays, since that is what a report is about. Names in front of addresses go as well. In
// doubt too much is hidden: a report is to help who runs servers, not who reads mail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/report.h"
#include "policy/mail/header.h"
#include "policy/sign/trace.h"

namespace milterward::reports {

struct Redaction {
  conf::RedactAs local_parts = conf::RedactAs::hashed;
  sign::TraceSecret secret{};  // the same on all hosts of a site
};

/// "~1f2e3d4c5b6a7988@example.org", or "redacted@example.org". The null sender stays.
std::string redacted_address(std::string_view address, const Redaction& redaction);

/// Of a signature ("i"), decoded or not: all before the last "@" is hidden, whatever it is.
/// "" and "@example.org" name nobody and stay.
std::string redacted_identity(std::string_view identity, const Redaction& redaction);

/// The names that SPF asked for, one after the other, without what macros put in them of
/// the sender's local part (RFC 7208 section 7.2): "redacted._spf.example.org". From the
/// first term on that has it (%{l}, %{s}) all that comes from macros goes: a name that it
/// is part of is the domain (%{d}) of the terms found there.
class SpfNames {
 public:
  /// `term` as published, "" for the domain's own record.
  std::string shown(std::string_view term, std::string_view name);
  bool have_sender() const noexcept { return have_sender_; }

 private:
  bool have_sender_ = false;
};

/// A text with each address in it redacted: all that could be one, with comments and blanks
/// before the "@", in quotes, behind "%40", and in encoded words, which go as a whole.
std::string redacted_text(std::string_view text, const Redaction& redaction);

/// Fields of one name, octets of a value, and octets in all that are shown.
inline constexpr std::size_t shown_fields_limit = 10;
inline constexpr std::size_t shown_value_limit = 2000;
inline constexpr std::size_t shown_header_limit = 8 * 1024;

/// Of a header the fields of these names, in its order and under these names, redacted.
/// Lines end in CRLF and are ASCII. Of fields that hold addresses the addresses alone are
/// left; the identifiers of messages (Message-ID, References) stay as they are, for by them
/// a message is found.
std::string shown_header(const RawHeaders& headers, const std::vector<std::string>& names,
                         const Redaction& redaction);

/// A field on lines of 78 columns where blanks allow it, and never longer than SMTP has
/// them; what is not ASCII becomes "?".
std::string field_lines(std::string_view name, std::string_view value);

}  // namespace milterward::reports
