// SPDX-License-Identifier: Apache-2.0
// What does a DKIM-Signature field claim? RFC 6376 sections 3.5 and 6.1.1, with RFC 8301
// (no rsa-sha1), RFC 8463 (Ed25519) and RFC 8616 (U-labels in d=, i=, s=). Checked before
// any engine sees the field, so that both engines refuse the same ones. The words of
// refusal follow RFC 8601 section 2.7.1: syntax and unknown mechanisms are neutral, what
// RFC 6376 section 6.1.1 names is permerror, limits of our own are policy.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"

namespace milterward::auth {

/// RFC 6376 section 3.4.
enum class Canonicalization { simple, relaxed };

inline constexpr std::string_view signature_field_name = "DKIM-Signature";

/// A t= further ahead than this is no clock drift.
inline constexpr std::chrono::seconds future_tolerance{300};

struct Signature {
  ports::SigningAlgorithm algorithm = ports::SigningAlgorithm::rsa_sha256;  // a=
  Canonicalization header_form = Canonicalization::simple;                  // c=
  Canonicalization body_form = Canonicalization::simple;
  Domain domain;                             // d=
  std::string selector;                      // s=, A-labels in lower case
  std::string identity;                      // i= decoded, "" when absent
  Domain identity_domain;                    // d= when i= is absent
  std::vector<std::string> signed_names;     // h= in order, lower case
  std::optional<std::uint64_t> body_length;  // l=
  std::optional<std::uint64_t> signed_at;    // t=
  std::string body_hash;                     // bh=, octets
  std::string octets;                        // b=, octets
  std::string text;                          // b= without white space, cut by screening

  /// Where its key is: "selector._domainkey.domain". RFC 6376 section 3.6.2.1.
  std::string key_name() const;
  bool signs(std::string_view name) const noexcept;
  /// What a finding says about it before anything is verified.
  ports::DkimFinding finding(ports::DkimResult result, std::string reason = {}) const;
};

/// Reads the value of a DKIM-Signature field, folds as CRLF or LF. The fault is the finding
/// to report: why it is refused, and whatever of d=, i=, s=, a=, b= could be read; of b=
/// all of it, which only screening can cut to the characters that tell it from others.
Result<Signature, ports::DkimFinding> parse_signature(std::string_view value,
                                                      WallTime today);

}  // namespace milterward::auth
