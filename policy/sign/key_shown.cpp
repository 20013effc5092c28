// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_shown.h"

#include <algorithm>
#include <optional>

#include "policy/auth/dkim/base64.h"
#include "policy/auth/dkim/key_record.h"
#include "policy/base/unreachable.h"
#include "policy/sign/key_publication.h"

namespace milterward::sign {

std::string_view to_text(Shown shown) noexcept {
  switch (shown) {
    case Shown::yes:
      return "shown";
    case Shown::missing:
      return "missing";
    case Shown::altered:
      return "altered";
    case Shown::revoked:
      return "revoked";
    case Shown::several:
      return "several";
    case Shown::partly:
      return "partly";
    case Shown::unanswered:
      return "unanswered";
  }
  unreachable();
}

namespace {

/// A tag that shuts our signatures out: h=, s=; t=s is none, since i= is within d= or not
/// there.
bool is_usable(const auth::KeyRecord& record) {
  return record.accepts_sha256 && record.is_for_mail;
}

Shown shown_by(std::string_view text, const ports::PrivateKey& key) {
  const auto record = auth::parse_key_record(text);
  if (!record)
    return record.fault() == auth::KeyRecordFault::revoked ? Shown::revoked
                                                           : Shown::altered;
  const bool is_same = record->type == auth::type_for(key.algorithm()) &&
                       auth::encode_base64(record->public_key) == key.public_record();
  return is_same && is_usable(*record) ? Shown::yes : Shown::altered;
}

/// Verification keys of other protocols and remarks share names with nobody; but a record
/// of another version is no key record at all (RFC 6376 section 3.6.1).
bool is_foreign(std::string_view text) {
  const auto record = auth::parse_key_record(text);
  return !record && (record.fault() == auth::KeyRecordFault::unknown_version ||
                     record.fault() == auth::KeyRecordFault::no_key);
}

}  // namespace

Shown shown_by(const std::vector<std::string>& texts, const ports::PrivateKey& key) {
  std::vector<std::string_view> records;
  for (const auto& text : texts)
    if (!is_foreign(text)) records.emplace_back(text);
  if (records.empty()) return Shown::missing;
  if (records.size() > 1) return Shown::several;
  return shown_by(records.front(), key);
}

Shown look_up_shown(ports::Resolver& dns, std::string_view selector, const Domain& domain,
                    const ports::PrivateKey& key, Deadline deadline) {
  const auto answer =
      dns.look_up({key_record_name(selector, domain), ports::DnsType::txt}, deadline);
  if (!answer) return Shown::unanswered;
  return shown_by((*answer)->texts, key);
}

}  // namespace milterward::sign
