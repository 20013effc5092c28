// SPDX-License-Identifier: Apache-2.0
// What does a DMARC policy record say? RFC 9989 sections 4.7, 4.8 and, for records whose
// policy is not valid, 4.10.1. Tags of RFC 7489 that are gone (pct, rf, ri) are as unknown
// as any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::auth {

/// p=, sp=, np=, in order of strictness.
enum class DmarcPolicy { none, quarantine, reject };
std::string_view to_text(DmarcPolicy policy) noexcept;

/// adkim=, aspf=
enum class AlignmentMode { relaxed, strict };

/// psd=
enum class PublicSuffix { yes, no, unknown };

/// fo=; of no meaning without ruf=.
struct FailureOptions {
  bool if_all_fail = true;     // 0
  bool if_any_fails = false;   // 1
  bool if_dkim_fails = false;  // d
  bool if_spf_fails = false;   // s

  bool operator==(const FailureOptions&) const = default;
};

struct DmarcRecord {
  DmarcPolicy p = DmarcPolicy::none;
  std::optional<DmarcPolicy> sp;
  std::optional<DmarcPolicy> np;
  AlignmentMode adkim = AlignmentMode::relaxed;
  AlignmentMode aspf = AlignmentMode::relaxed;
  PublicSuffix psd = PublicSuffix::unknown;
  bool is_testing = false;  // t=y
  FailureOptions fo;
  std::vector<std::string> rua;  // valid URIs only, without the size limits of RFC 7489
  std::vector<std::string> ruf;
  /// p= is missing or not valid, or sp= or np= is not valid. With a usable rua= the record
  /// then counts as one of p=none without sp= and np=, and those stand above; without it
  /// the record leads to no DMARC processing.
  bool policy_is_faulty = false;

  bool is_usable() const noexcept { return !policy_is_faulty || !rua.empty(); }
  bool operator==(const DmarcRecord&) const = default;
};

enum class RecordFault {
  no_dmarc_record,  // does not begin with v=DMARC1 as its first tag
};
std::string_view to_text(RecordFault fault) noexcept;

/// Report addresses of one tag that we keep; the rest is ignored.
inline constexpr std::size_t report_uri_limit = 20;

/// One TXT record, its strings joined.
///     dmarc-record = "v" *WSP "=" *WSP %s"DMARC1" *( *WSP ";" *WSP tag ) [ *WSP ";" *WSP ]
///     tag          = 1*ALPHA *WSP "=" *WSP value
/// Tag names and values have no case, "DMARC1" has. Unknown tags are ignored; so is what
/// breaks the syntax behind the version, and every repetition of a tag: the first stands.
Result<DmarcRecord, RecordFault> parse_dmarc_record(std::string_view text);

}  // namespace milterward::auth
