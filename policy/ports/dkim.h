// SPDX-License-Identifier: Apache-2.0
// DKIM (RFC 6376): verifying signatures of mail that comes, making those of mail that goes.
// Both work on a stream: headers first, then body chunks split anywhere, then the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/base/secret_text.h"
#include "policy/mail/domain.h"
#include "policy/mail/header.h"
#include "policy/ports/resolver.h"

namespace milterward::ports {

/// RFC 8601 section 2.7.1.
enum class DkimResult { none, pass, fail, policy, neutral, temperror, permerror };
std::string_view to_text(DkimResult result) noexcept;

/// One DKIM-Signature field and what became of it.
struct DkimFinding {
  DkimResult result = DkimResult::none;
  std::string domain;     // d=, as A-labels in lower case; "" when it could not be read
  std::string identity;   // i=, or "" when the signature has none
  std::string selector;   // s=
  std::string algorithm;  // a=, lower case
  std::string
      signature_head;     // first characters of b=, for header.b (RFC 6008): at least 8
  std::string reason;     // short text: why not pass
  unsigned key_bits = 0;  // 0 when the key was not seen
  bool key_is_testing = false;  // t=y in the key record (RFC 6376 section 3.6.1)

  bool operator==(const DkimFinding&) const = default;
};

/// RFC 8301 section 3.2: RSA keys should have these many bits.
inline constexpr unsigned recommended_rsa_bits = 2048;

/// "1024-bit key, short, testing"; "" when the key was not seen.
std::string key_in_words(const DkimFinding& finding);

/// The verification of one message. `body` and `finish` are called after `begin`, in order.
class DkimVerification {
 public:
  virtual ~DkimVerification() = default;
  virtual void body(std::string_view chunk) = 0;
  /// One finding per signature examined, in header order; empty when there is none. Blocks
  /// for keys until the deadline; a key that DNS did not give is temperror.
  virtual std::vector<DkimFinding> finish(Deadline deadline) = 0;
};

class DkimVerifier {
 public:
  virtual ~DkimVerifier() = default;
  /// All headers of the message, in order, as received. Starts asking for the keys.
  virtual std::unique_ptr<DkimVerification> begin(const RawHeaders& headers, Resolver& dns,
                                                  const Clock& clock) const = 0;
};

enum class SigningAlgorithm { rsa_sha256, ed25519_sha256 };
std::string_view to_text(SigningAlgorithm algorithm) noexcept;

enum class SigningFault {
  bad_key,
  no_token,  // it lies in a token that does not answer now
  no_from,
  several_from,
  library_failure,
};
std::string_view to_text(SigningFault fault) noexcept;

/// A private key, ready to sign; made once by a KeySource and shared by all threads. Where
/// it lies is its own business: in memory, or in a token that signs for us.
class PrivateKey {
 public:
  virtual ~PrivateKey() = default;
  virtual SigningAlgorithm algorithm() const noexcept = 0;
  virtual unsigned bits() const noexcept = 0;
  /// The signature over a SHA-256 digest of 32 octets: RSASSA-PKCS1-v1_5, or Ed25519 of the
  /// digest (RFC 8463 section 3). May be called from several threads at once.
  virtual Result<std::string, SigningFault> sign(std::string_view digest) const = 0;
  /// Can the key be had as text, by an engine that insists on it?
  virtual bool has_pem() const noexcept { return false; }
  /// PKCS#8 in PEM (RFC 5958, RFC 7468), written anew each time: nothing keeps it. Empty
  /// where the key cannot be shown.
  virtual SecretText pem() const { return {}; }
  /// The p= value of its key record: base64 of the SubjectPublicKeyInfo (RSA) or of the raw
  /// 32 octets (Ed25519, RFC 8463 section 4.2).
  virtual std::string public_record() const = 0;
};

/// What one signature of ours is to say.
struct SigningRequest {
  std::shared_ptr<const PrivateKey> key;
  Domain domain;         // d=
  std::string selector;  // s=
  std::vector<std::string>
      oversigned;  // names that get one more entry in h= than there are
  std::vector<std::string> signed_if_there;  // names signed as often as they occur
  std::chrono::seconds expires_after{0};     // x= is t= plus this; 0: no x=
  WallTime signed_at;                        // t=
  conf::SigningForms forms = conf::SigningForms::relaxed_relaxed;  // c=
  std::string identity;                                            // i=, "" for none
};

/// The signing of one message by one or more keys.
class DkimSigning {
 public:
  virtual ~DkimSigning() = default;
  virtual void body(std::string_view chunk) = 0;
  /// The DKIM-Signature fields, one per request in the order of the requests, folded with
  /// CRLF TAB below 78 columns, value with its leading space; to be inserted above all
  /// headers.
  virtual Result<std::vector<RawHeader>, SigningFault> finish() = 0;
};

class DkimSigner {
 public:
  virtual ~DkimSigner() = default;
  virtual std::unique_ptr<DkimSigning> begin(
      const RawHeaders& headers, std::vector<SigningRequest> requests) const = 0;
};

}  // namespace milterward::ports
