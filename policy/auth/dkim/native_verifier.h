// SPDX-License-Identifier: Apache-2.0
// DKIM verification of our own over OpenSSL: RFC 6376, 8301, 8463, 8616. Parsing, keys and
// limits are screening.h's, shared with the other engine; this file hashes and compares.
// Signatures with the same body canonicalization and l= share one body hash.
#pragma once

#include <memory>
#include <utility>

#include "conf/settings/dkim.h"
#include "policy/auth/dkim/key_cache.h"
#include "policy/ports/dkim.h"

namespace milterward::auth {

class NativeDkimVerifier final : public ports::DkimVerifier {
 public:
  /// `keys` may be shared with others that verify.
  explicit NativeDkimVerifier(conf::BodyLength rule,
                              std::shared_ptr<KeyCache> keys = std::make_shared<KeyCache>())
      : rule_(rule), keys_(std::move(keys)) {}

  std::unique_ptr<ports::DkimVerification> begin(const RawHeaders& headers,
                                                 ports::Resolver& dns,
                                                 const Clock& clock) const override;

 private:
  conf::BodyLength rule_;
  std::shared_ptr<KeyCache> keys_;
};

}  // namespace milterward::auth
