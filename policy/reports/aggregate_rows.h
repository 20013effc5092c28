// SPDX-License-Identifier: Apache-2.0
// What one message adds to an aggregate report (RFC 9990 section 3.1.1), and how it waits
// for the end of its period: as lines of text that are equal where two messages belong in
// one row, so that whoever keeps them counts them without knowing what they say. A line is
// a word and its values, separated by tabs; values hold no control characters.
//
//   policy  DOMAIN P SP NP ADKIM ASPF FO TESTING DISCOVERY ["faulty"]
//
//   row     SOURCE-IP DISPOSITION DKIM SPF HEADER-FROM ENVELOPE-FROM
//   reason  TYPE COMMENT
//   dkim    DOMAIN SELECTOR RESULT      as often as there are signatures
//   spf     DOMAIN RESULT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dmarc.h"
#include "policy/auth/dmarc/record.h"
#include "policy/ports/dkim.h"
#include "policy/ports/spf_checker.h"

namespace milterward::reports {

/// ActionDispositionType. "pass": it passed, and its domain asks for more than nothing.
enum class Disposition { none, pass, quarantine, reject };
std::string_view to_text(Disposition disposition) noexcept;

/// RFC 9990 section 3.1.3.
inline constexpr std::size_t signature_limit = 100;
/// Octets of a comment, and of any other value a stranger may have chosen.
inline constexpr std::size_t comment_limit = 400;
inline constexpr std::size_t value_limit = 255;

struct SignatureResult {
  std::string domain;
  std::string selector;
  ports::DkimResult result = ports::DkimResult::none;

  bool operator==(const SignatureResult&) const = default;
};

struct SpfOutcome {
  std::string domain;
  ports::SpfResult result = ports::SpfResult::none;

  bool operator==(const SpfOutcome&) const = default;
};

struct OverrideNote {
  conf::OverrideReason type = conf::OverrideReason::other;
  std::string comment;

  bool operator==(const OverrideNote&) const = default;
};

struct AggregateRow {
  std::string source_ip;
  Disposition disposition = Disposition::none;
  bool dkim_is_aligned = false;  // and passed
  bool spf_is_aligned = false;
  std::optional<OverrideNote> reason;
  std::string header_from;
  std::string envelope_from;  // "" for the null sender
  std::vector<SignatureResult> dkim;
  std::optional<SpfOutcome> spf;

  bool operator==(const AggregateRow&) const = default;
};

/// The record that was in force, what it leaves out filled in.
struct PublishedPolicy {
  std::string domain;
  auth::DmarcPolicy p = auth::DmarcPolicy::none;
  auth::DmarcPolicy sp = auth::DmarcPolicy::none;
  auth::DmarcPolicy np = auth::DmarcPolicy::none;
  auth::AlignmentMode adkim = auth::AlignmentMode::relaxed;
  auth::AlignmentMode aspf = auth::AlignmentMode::relaxed;
  std::string fo;
  bool is_testing = false;
  conf::DmarcDiscovery discovery = conf::DmarcDiscovery::treewalk;
  bool is_faulty = false;  // DmarcRecord::policy_is_faulty

  bool operator==(const PublishedPolicy&) const = default;
};
PublishedPolicy published_policy(const std::string& domain, const auth::DmarcRecord& record,
                                 conf::DmarcDiscovery discovery);

/// Those a report can name, in the order in which section 3.1.3 wants them: what passes
/// comes first, of that what is `author_domain` itself, then what is within
/// `organization`. At most `signature_limit`.
std::vector<SignatureResult> signatures_of(std::vector<SignatureResult> found,
                                           const Domain& author_domain,
                                           const Domain& organization);

/// As a value: without control characters, cut where it is longer than `limit`.
std::string as_value(std::string_view text, std::size_t limit = value_limit);

std::string to_text(const AggregateRow& row);
std::string to_text(const PublishedPolicy& policy);
/// None where the text is not what to_text() makes.
std::optional<AggregateRow> parse_row(std::string_view text);
std::optional<PublishedPolicy> parse_policy(std::string_view text);

}  // namespace milterward::reports
