// SPDX-License-Identifier: Apache-2.0
// DKIM verification of our own over OpenSSL: RFC 6376, 8301, 8463, 8616. Parsing, keys and
// limits are screening.h's, shared with the other engine; this file hashes and compares.
// Signatures with the same body canonicalization and l= share one body hash.
#pragma once

#include <memory>

#include "conf/settings/dkim.h"
#include "policy/ports/dkim.h"

namespace milterward::auth {

class NativeDkimVerifier final : public ports::DkimVerifier {
 public:
  explicit NativeDkimVerifier(conf::BodyLength rule) : rule_(rule) {}

  std::unique_ptr<ports::DkimVerification> begin(const RawHeaders& headers,
                                                 ports::Resolver& dns,
                                                 const Clock& clock) const override;

 private:
  conf::BodyLength rule_;
};

}  // namespace milterward::auth
