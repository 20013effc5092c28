// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/native_verifier.h"

#include <string>
#include <vector>

#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/screening.h"

namespace milterward::auth {
namespace {

using ports::DkimFinding;
using ports::DkimResult;

class NativeVerification final : public ports::DkimVerification {
 public:
  NativeVerification(const RawHeaders& headers, ports::Resolver& dns, const Clock& clock,
                     conf::BodyLength rule, std::shared_ptr<KeyCache> keys)
      : rule_(rule),
        screening_(screen_signatures(headers, dns, clock)),
        keys_(std::move(keys)) {
    if (screening_.candidates.empty()) return;
    const FieldIndex index{headers};
    for (const auto& candidate : screening_.candidates) {
      const auto& signature = candidate.signature;
      const auto& field = headers[candidate.field];
      header_digests_.push_back(header_digest(
          signature.header_form, index.select(signature.signed_names, &field), field));
      bodies_.want(signature.body_form, signature.body_length);
    }
  }

  void body(std::string_view chunk) override { bodies_.feed(chunk); }

  std::vector<DkimFinding> finish(Deadline deadline) override {
    bodies_.finish();
    for (std::size_t i = 0; i < screening_.candidates.size(); ++i) {
      const auto& candidate = screening_.candidates[i];
      const auto key = fetch_key(candidate, *keys_, deadline);
      screening_.findings[candidate.finding] =
          key ? verdict(candidate.signature, header_digests_[i], *key) : key.fault();
    }
    return std::move(screening_.findings);
  }

 private:
  /// RFC 6376 section 6.1.3.
  DkimFinding verdict(const Signature& signature, const std::string& header_digest,
                      const UsableKey& key) const {
    const auto& body = bodies_.of(signature.body_form, signature.body_length);
    if (signature.body_length.value_or(0) > body.body_length())
      return key.finding(signature, DkimResult::permerror, "l= is longer than the body");
    if (body.digest() != signature.body_hash)
      return key.finding(signature, DkimResult::fail, "body hash did not verify");
    if (!key.key.verifies(header_digest, signature.octets))
      return key.finding(signature, DkimResult::fail, "signature did not verify");
    return key.right(signature, body.body_length(), rule_);
  }

  conf::BodyLength rule_;
  Screening screening_;
  std::shared_ptr<KeyCache> keys_;
  std::vector<std::string> header_digests_;  // one for each candidate
  BodyHashes bodies_;
};

}  // namespace

std::unique_ptr<ports::DkimVerification> NativeDkimVerifier::begin(
    const RawHeaders& headers, ports::Resolver& dns, const Clock& clock) const {
  return std::make_unique<NativeVerification>(headers, dns, clock, rule_, keys_);
}

}  // namespace milterward::auth
