// SPDX-License-Identifier: Apache-2.0
// DKIM signing by libopendkim 2.11. What a signature says (t=, x=,
// oversigned names) are options of a library instance there, not of a message, so each
// signature gets an instance of its own: 30 microseconds, against 1 millisecond that
// signing itself takes. Only the fields to be signed are fed; with no list of names set,
// libopendkim signs all it is given. Ed25519 signatures are made by sign/, since
// libopendkim loses half a kilobyte with each, and those by keys that it cannot be shown.
#pragma once

#include <memory>
#include <vector>

#include "policy/backends/opendkim/handle.h"
#include "policy/ports/dkim.h"

namespace milterward::backends {

class OpendkimSigner final : public ports::DkimSigner {
 public:
  OpendkimSigner();
  std::unique_ptr<ports::DkimSigning> begin(
      const RawHeaders& headers,
      std::vector<ports::SigningRequest> requests) const override;

 private:
  // Never used to sign: while it lives, closing the others does not end OpenSSL for all.
  OpendkimLibrary library_;
};

}  // namespace milterward::backends
