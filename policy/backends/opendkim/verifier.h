// SPDX-License-Identifier: Apache-2.0
// DKIM verification by libopendkim 2.11, kept on a short lead. It only hashes and compares:
//   - Fields are parsed by auth/dkim first; what is refused there is never fed, not even as
//     a field other signatures cover. Such a signature (h= names DKIM-Signature and reaches
//     a field that was not fed, or itself, which libopendkim would wrongly hash) is
//     neutral: renaming or dropping the field would change the hash, feeding it would trust
//     C code with what we refused. Nobody signs so in practice.
//   - Only fields some h= names are fed, and at the end one more with a name nobody can
//     predict: libopendkim writes past its array when an h= uses up every field there is.
//   - Keys come from our resolver, judged by auth/dkim and written anew as v, k and p.
//   - The body of a signature with l= is counted with our own canonicaliser.
#pragma once

#include <memory>

#include "conf/settings/dkim.h"
#include "policy/auth/dkim/key_cache.h"
#include "policy/backends/opendkim/handle.h"
#include "policy/ports/dkim.h"

namespace milterward::backends {

class OpendkimVerifier final : public ports::DkimVerifier {
 public:
  explicit OpendkimVerifier(conf::BodyLength rule);
  std::unique_ptr<ports::DkimVerification> begin(const RawHeaders& headers,
                                                 ports::Resolver& dns,
                                                 const Clock& clock) const override;

 private:
  // Shared by all threads, as libopendkim allows; each message has a handle of its own.
  OpendkimLibrary library_;
  conf::BodyLength rule_;
  std::shared_ptr<auth::KeyCache> key_cache_;
};

}  // namespace milterward::backends
