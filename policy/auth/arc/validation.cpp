// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/arc/validation.h"

#include <fmt/format.h>

#include <map>

namespace milterward::auth {
namespace {

Result<UsableKey, ports::DkimFinding> key_of(const Signature& signature,
                                             const ports::Pending& pending, KeyCache& keys,
                                             Deadline deadline) {
  return fetch_key({.signature = signature, .key = pending}, keys, deadline);
}

bool is_for_want_of_dns(const ports::DkimFinding& finding) {
  return finding.result == ports::DkimResult::temperror;
}

}  // namespace

ArcValidation::ArcValidation(const RawHeaders& headers, ports::Resolver& dns,
                             const Clock& clock, std::shared_ptr<KeyCache> keys)
    : chain_(read_chain(headers, clock.today())), keys_(std::move(keys)) {
  if (chain_.sets.empty()) return;
  headers_ = headers;
  // Most sets have one key for both signatures; each question counts for the message.
  std::map<std::string, ports::Pending> asked;
  const auto ask = [&](const Signature& signature) {
    const auto [entry, is_new] = asked.try_emplace(signature.key_name());
    if (is_new) entry->second = dns.ask({entry->first, ports::DnsType::txt});
    return entry->second;
  };
  for (const auto& set : chain_.sets) {
    seal_keys_.push_back(ask(set.seal));
    message_keys_.push_back(set.message ? ask(set.message->signature) : ports::Pending{});
    if (set.message) bodies_.want(set.message->signature.body_form);
  }
}

void ArcValidation::body(std::string_view chunk) { bodies_.feed(chunk); }

ArcValidation::Verdict ArcValidation::verify_message(std::size_t set,
                                                     const FieldIndex& index,
                                                     Deadline deadline) const {
  const auto& message = chain_.sets[set].message;
  if (!message) return Fault{message.fault()};
  const auto& signature = message->signature;
  const auto& body = bodies_.of(signature.body_form);
  if (body.digest() != signature.body_hash) return Fault{"body hash did not verify"};
  if (message->claimed_length && *message->claimed_length != body.body_length())
    return Fault{"l= is not the length of the body"};
  const auto key = key_of(signature, message_keys_[set], *keys_, deadline);
  if (!key) return Fault{key.fault().reason, is_for_want_of_dns(key.fault())};
  const auto& field = headers_[chain_.sets[set].message_field];
  const auto digest = header_digest(signature.header_form,
                                    index.select(signature.signed_names, &field), field);
  if (!key->key.verifies(digest, signature.octets))
    return Fault{"signature did not verify"};
  return std::nullopt;
}

ArcValidation::Verdict ArcValidation::verify_seal(std::size_t set,
                                                  Deadline deadline) const {
  const auto& seal = chain_.sets[set].seal;
  const auto key = key_of(seal, seal_keys_[set], *keys_, deadline);
  if (!key) return Fault{key.fault().reason, is_for_want_of_dns(key.fault())};
  const auto digest =
      header_digest(Canonicalization::relaxed, sealed_fields(headers_, chain_.sets, set),
                    headers_[chain_.sets[set].seal_field]);
  if (!key->key.verifies(digest, seal.octets)) return Fault{"signature did not verify"};
  return std::nullopt;
}

/// Section 5.2 steps 4 to 6.
ArcValidation::Verdict ArcValidation::verify_chain(ArcFinding& finding,
                                                   Deadline deadline) const {
  const auto named = [](std::string_view field, std::size_t set, Fault fault) {
    fault.reason = fmt::format("{} {}: {}", field, set + 1, fault.reason);
    return fault;
  };
  const FieldIndex index{headers_};
  const auto newest = chain_.sets.size() - 1;
  if (auto fault = verify_message(newest, index, deadline))
    return named(arc_message_name, newest, std::move(*fault));
  for (std::size_t set = newest; set-- > 0;)
    if (verify_message(set, index, deadline)) {
      finding.oldest_pass = static_cast<unsigned>(set) + 2;
      break;
    }
  for (std::size_t set = newest + 1; set-- > 0;)
    if (auto fault = verify_seal(set, deadline))
      return named(arc_seal_name, set, std::move(*fault));
  return std::nullopt;
}

ArcFinding ArcValidation::finish(Deadline deadline) {
  ArcFinding finding;
  finding.instance = chain_.highest;
  if (!chain_.is_there) return finding;
  if (!chain_.sets.empty()) finding.newest_sealer = chain_.sets.back().seal.domain.name();
  bodies_.finish();
  const auto fault =
      chain_.fault.empty() ? verify_chain(finding, deadline) : Verdict{Fault{chain_.fault}};
  if (fault) {
    finding.result = ArcResult::fail;
    finding.oldest_pass = 0;
    finding.reason = fault->reason;
    finding.is_for_want_of_dns = fault->is_for_want_of_dns;
    return finding;
  }
  finding.result = ArcResult::pass;
  finding.author_is_signed = chain_.sets.back().message->signature.signs("From");
  for (const auto& set : chain_.sets)
    finding.sets.push_back({set.seal.domain.name(), set.seal.selector, set.results});
  return finding;
}

}  // namespace milterward::auth
