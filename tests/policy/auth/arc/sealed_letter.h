// SPDX-License-Identifier: Apache-2.0
// A letter that went through sealers, and what happened to it on the way. Keys of a case:
//   sealers:  domains that seal in turn, each validating first; "DOMAIN ed" by Ed25519
//   between:  `N NAME: VALUE`, takes the place of that field while sealer N has it
//   change:   `FIELD I | OLD | NEW` in field FIELD of instance I, when all is sealed
//   renew:    `FIELD I`, whose b= is made anew; after all changes, in this order
//   drop, repeat: `FIELD I` is taken away, or stands there twice
//   add:      a field to be put on top
//   later_body: text behind the body
//   zone:     all of the DNS when the letter arrives, as FakeResolver reads it; without it
//             the keys of the sealers; {ed25519} is the p= of that key
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/arc/validation.h"
#include "policy/mail/header.h"
#include "policy/ports/dkim.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {

/// By its name in auth/arc/keys.cases.
std::shared_ptr<const ports::PrivateKey> arc_key(const std::string& name);

/// A request of `domain`, selector "sel", key "rsa", over a few usual fields.
ports::SigningRequest arc_request(const std::string& domain);

class SealedLetter {
 public:
  explicit SealedLetter(const Case& c);

  /// What validating finds, with the body in chunks of that size.
  auth::ArcFinding validated(std::size_t chunk = 65536);
  /// Adds a set of `domain`; false when there is nothing to be added.
  bool seal(const std::string& domain, const std::string& key);

  /// Those of the ARC fields that are there, as "ARC-Seal 1".
  bool has(std::string_view field) const;
  const std::string& value(std::string_view field) const;
  const RawHeaders& headers() const noexcept { return headers_; }

 private:
  bool seal_as(const std::string& domain, const std::string& key, auth::ArcResult found);
  std::size_t place_of(std::string_view field) const;
  void change(std::string_view order);
  void renew(std::string_view field);

  FakeClock clock_;
  std::unique_ptr<FakeResolver> dns_ = std::make_unique<FakeResolver>();
  RawHeaders headers_;
  std::string body_;
};

}  // namespace milterward::tests
