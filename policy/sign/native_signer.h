// SPDX-License-Identifier: Apache-2.0
// DKIM signing of our own over OpenSSL: RFC 6376 section 5, RFC 8463. The body is hashed
// once for all signatures of a message that use the same form of it.
#pragma once

#include <memory>
#include <vector>

#include "policy/ports/dkim.h"

namespace milterward::sign {

class NativeDkimSigner final : public ports::DkimSigner {
 public:
  std::unique_ptr<ports::DkimSigning> begin(
      const RawHeaders& headers,
      std::vector<ports::SigningRequest> requests) const override;
};

}  // namespace milterward::sign
