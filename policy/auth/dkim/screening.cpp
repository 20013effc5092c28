// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/screening.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

using ports::DkimFinding;
using ports::DkimResult;

// RFC 6008 section 4: at least eight characters of b=, and as many as tell a signature from
// the others. More than this many do not fit into one line.
constexpr std::size_t head_length = 8;
constexpr std::size_t head_limit = 480;
// RFC 6376 section 3.6.2.2 wants one; a wildcard may add a few that are no keys.
constexpr std::size_t records_tried = 4;

struct KeyRefusal {
  DkimResult result = DkimResult::permerror;
  std::string_view reason;
};

/// The texts of b=, wherever they are.
std::vector<std::string*> signature_texts(Screening& screening) {
  std::vector<std::string*> texts;
  for (auto& finding : screening.findings)
    if (!finding.signature_head.empty()) texts.push_back(&finding.signature_head);
  for (auto& candidate : screening.candidates) texts.push_back(&candidate.signature.text);
  return texts;
}

/// How many characters of `text` tell it from `other`; none do where they are the same.
std::size_t telling_length(std::string_view text, std::string_view other) {
  if (text == other) return 0;
  const auto differing = std::ranges::mismatch(text, other).in1;
  return static_cast<std::size_t>(differing - text.begin()) + 1;
}

void cut_signature_texts(Screening& screening) {
  const auto texts = signature_texts(screening);
  std::vector<std::size_t> lengths;
  for (const auto* text : texts) {
    auto length = head_length;
    for (const auto* other : texts)
      length = std::max(length, telling_length(*text, *other));
    lengths.push_back(std::min(length, head_limit));
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i]->size() > lengths[i]) texts[i]->resize(lengths[i]);
}

/// A size that is not accepted is policy, all else the domain's mistake.
KeyRefusal refusal_of(PublicKeyFault fault) {
  switch (fault) {
    case PublicKeyFault::undecodable:
      return {DkimResult::permerror, to_text(fault)};
    case PublicKeyFault::too_small:
    case PublicKeyFault::too_large:
    case PublicKeyFault::large_exponent:
      return {DkimResult::policy, to_text(fault)};
  }
  unreachable();
}

Result<UsableKey, KeyRefusal> usable_key(std::string_view text, SteadyTime expires,
                                         KeyCache& keys, const Signature& signature) {
  const auto refused = [](std::string_view why) {
    return Unexpected{KeyRefusal{DkimResult::permerror, why}};
  };
  const auto published = keys.read(text, expires);
  if (!published) return refused(to_text(published.fault()));
  const auto& [record, key] = **published;
  if (const auto permitted = permits(record, signature); !permitted)
    return refused(to_text(permitted.fault()));
  if (!key) return Unexpected{refusal_of(key.fault())};
  return UsableKey{*key, record.is_testing};
}

}  // namespace

Screening screen_signatures(const RawHeaders& headers, ports::Resolver& dns,
                            const Clock& clock) {
  Screening screening;
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!headers[i].is(signature_field_name)) continue;
    if (screening.findings.size() == signature_limit) {
      ++beyond;
      continue;
    }
    auto signature = parse_signature(headers[i].value, clock.today());
    if (!signature) {
      screening.findings.push_back(signature.fault());
      continue;
    }
    auto key = dns.ask({signature->key_name(), ports::DnsType::txt});
    screening.candidates.push_back(
        {i, screening.findings.size(), std::move(*signature), std::move(key)});
    screening.findings.emplace_back();
  }
  cut_signature_texts(screening);
  if (beyond > 0) {
    DkimFinding rest;
    rest.result = DkimResult::policy;
    rest.reason = std::to_string(beyond) + " more signatures not examined";
    screening.findings.push_back(std::move(rest));
  }
  return screening;
}

DkimFinding UsableKey::finding(const Signature& signature, DkimResult result,
                               std::string reason) const {
  auto finding = signature.finding(result, std::move(reason));
  finding.key_bits = key.bits();
  finding.key_is_testing = is_testing;
  // RFC 6376 section 3.6.1, t=y: mail of a domain that tests DKIM is not to be treated
  // worse than unsigned mail.
  if (is_testing && finding.result == DkimResult::fail) {
    finding.result = DkimResult::neutral;
    finding.reason += " (key is in testing)";
  }
  return finding;
}

DkimFinding UsableKey::right(const Signature& signature, std::uint64_t body_length,
                             conf::BodyLength rule) const {
  const auto& covered = signature.body_length;
  switch (rule) {
    case conf::BodyLength::whole:
      if (covered && *covered < body_length)
        return finding(signature, DkimResult::policy,
                       "body has content that is not signed");
      break;
    case conf::BodyLength::never:
      if (covered) return finding(signature, DkimResult::policy, "l= is not accepted");
      break;
    case conf::BodyLength::part:
      break;
  }
  return finding(signature, DkimResult::pass);
}

Result<UsableKey, DkimFinding> fetch_key(const Candidate& candidate, KeyCache& keys,
                                         Deadline deadline) {
  const auto& signature = candidate.signature;
  const auto answer = candidate.key.wait(deadline);
  if (!answer) {
    return Unexpected{signature.finding(
        ports::is_permanent(answer.fault()) ? DkimResult::permerror : DkimResult::temperror,
        "key not available: " + std::string{ports::to_text(answer.fault())})};
  }
  const auto& texts = (*answer)->texts;
  if (texts.empty())
    return Unexpected{signature.finding(DkimResult::permerror, "no key for signature")};
  std::optional<KeyRefusal> first;
  for (std::size_t i = 0; i < std::min(texts.size(), records_tried); ++i) {
    auto key = usable_key(texts[i], (*answer)->expires, keys, signature);
    if (key) return std::move(*key);
    if (!first) first = key.fault();
  }
  return Unexpected{signature.finding(first->result, std::string{first->reason})};
}

}  // namespace milterward::auth
