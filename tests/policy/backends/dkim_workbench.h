// SPDX-License-Identifier: Apache-2.0
// Makes signed messages for the tests without any code of the engines: a plain, slow model
// of RFC 6376 section 3.4 and 3.7 that also signs what no signer should (duplicate tags,
// foreign algorithms), so that a refusal is never just a hash that did not match.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dkim.h"
#include "policy/mail/header.h"
#include "policy/ports/dkim.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {

/// Stands still at the time of the system: libopendkim 2.11 looks there and nowhere else.
const FakeClock& clock_of_letters();

struct Letter {
  RawHeaders headers;
  std::string body;
};

/// A message as it is on the wire, lines ending in LF or CRLF; bodies get CRLF.
Letter letter_of(std::string_view text);
/// A small ordinary message from joe@example.com.
Letter ordinary_letter();

/// The two engines of the DkimVerifier port, by name.
struct VerifyingEngine {
  std::string name;
  std::shared_ptr<const ports::DkimVerifier> verifier;
};
const std::vector<VerifyingEngine>& verifying_engines();
/// One of them, with another value of dkim.body_length than "whole".
VerifyingEngine verifying_engine(const std::string& name, conf::BodyLength rule);
std::ostream& operator<<(std::ostream& out, const VerifyingEngine& engine);

struct SigningEngine {
  std::string name;
  std::shared_ptr<const ports::DkimSigner> signer;
};
const std::vector<SigningEngine>& signing_engines();
std::ostream& operator<<(std::ostream& out, const SigningEngine& engine);

/// Keys made once a run.
std::shared_ptr<const ports::PrivateKey> rsa_key();
std::shared_ptr<const ports::PrivateKey> other_rsa_key();
std::shared_ptr<const ports::PrivateKey> ed25519_key();
/// PKCS#8 in PEM.
std::string pem_of(const ports::PrivateKey& key);
/// base64 of an RSA key of 512 bits, which is too short.
std::string short_rsa_record();
/// PEM of a fresh key: "RSA" with bits, or "ED25519".
std::string make_pem(const std::string& type, std::size_t bits);

/// sel._domainkey.example.com (RSA) and ed._domainkey.example.com.
std::string usual_zone();
/// {rsa}, {other}, {ed25519}, {short} become the p= values of those keys, {rsa_bare} that
/// of the RSA key as a bare RSAPublicKey.
std::string with_keys(std::string text);

/// The model: canonical forms of RFC 6376 section 3.4.
std::string model_header(bool relaxed, const RawHeader& header);
std::string model_body(bool relaxed, std::string_view body);

/// A DKIM-Signature field for the letter: `tags` with {bh} and {b} filled in, {bh_folded}
/// and {b_folded} with white space here and there, {b_wrong} with another last octet.
/// Ed25519 where a= says so, else `rsa`. What cannot be computed since the tags make no
/// sense is filled with base64 all the same.
RawHeader crafted_signature(
    const Letter& letter, const std::string& tags,
    const std::shared_ptr<const ports::PrivateKey>& rsa = rsa_key());

/// Feeds the letter in chunks of that size and returns "pass", "fail: reason" ...
std::vector<ports::DkimFinding> findings_of(const ports::DkimVerifier& verifier,
                                            const Letter& letter, ports::Resolver& dns,
                                            const Clock& clock, std::size_t chunk = 65535);
std::string brief(const std::vector<ports::DkimFinding>& findings);

/// Signs with the engine; throws when it does not.
std::vector<RawHeader> signed_by(const ports::DkimSigner& signer, const Letter& letter,
                                 std::vector<ports::SigningRequest> requests,
                                 std::size_t chunk = 65535);
ports::SigningRequest usual_request(std::shared_ptr<const ports::PrivateKey> key,
                                    std::string selector);

}  // namespace milterward::tests
