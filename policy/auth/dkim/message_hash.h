// SPDX-License-Identifier: Apache-2.0
// The two hashes of RFC 6376 section 3.7, for verifying and for signing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dkim/canonical.h"
#include "policy/auth/dkim/digest.h"
#include "policy/auth/dkim/signature.h"
#include "policy/mail/header.h"

namespace milterward::auth {

/// Header fields by name, so that a long h= over many fields costs no more than their sum.
class FieldIndex {
 public:
  /// Keeps pointers into `headers`.
  explicit FieldIndex(const RawHeaders& headers);

  struct Entry {
    std::string_view name;
    const RawHeader* field;
  };
  /// The fields of one name from the bottom to the top.
  std::span<const Entry> named(std::string_view name) const noexcept;
  /// What h= selects, in its order: each further mention of a name takes the next field
  /// upwards, and names without a field left select nothing. RFC 6376 section 5.4.2.
  /// `signature` is the field being verified; it never covers itself (section 3.5, h=).
  std::vector<const RawHeader*> select(const std::vector<std::string>& names,
                                       const RawHeader* signature) const;

 private:
  std::vector<Entry> by_name_;
};

/// SHA-256 over header fields and the signature field with its b= emptied. Fields are
/// hashed as they are added, so that none has to be kept.
class HeaderHash {
 public:
  explicit HeaderHash(Canonicalization form);

  void add(const RawHeader& field);
  /// Call one of them once, last.
  std::string finish(const RawHeader& signature);
  /// The same for a field whose b= is still empty.
  std::string finish_unsigned(const RawHeader& signature);

 private:
  CanonicalHeader text_;  // not yet hashed
  Sha256 hash_;
};

/// SHA-256 over the selected fields and the signature field with its b= emptied.
std::string header_digest(Canonicalization form,
                          const std::vector<const RawHeader*>& fields,
                          const RawHeader& signature);

/// The body hash of one canonicalization and one l=.
class BodyHash {
 public:
  BodyHash(Canonicalization form, std::optional<std::uint64_t> limit);

  void feed(std::string_view chunk);
  void finish();

  bool is_of(Canonicalization form, std::optional<std::uint64_t> limit) const noexcept {
    return form_ == form && limit_ == limit;
  }
  // After finish:
  const std::string& digest() const noexcept { return digest_; }
  /// Of the whole canonical body, beyond l= too.
  std::uint64_t body_length() const noexcept { return state_->body.length(); }

 private:
  /// In a place of its own, since the canonicalizer hands its octets to the hash there.
  struct State {
    State(Canonicalization form, std::uint64_t limit);
    void take(std::string_view octets);

    std::uint64_t left;  // octets to be hashed
    Sha256 hash;
    CanonicalBody body;
  };

  Canonicalization form_;
  std::optional<std::uint64_t> limit_;
  std::unique_ptr<State> state_;
  std::string digest_;
};

/// The body hashes of one message: each is computed once, however many signatures ask.
class BodyHashes {
 public:
  using Length = std::optional<std::uint64_t>;

  /// Before the body.
  void want(Canonicalization form, Length length = std::nullopt);
  void feed(std::string_view chunk);
  void finish();
  /// One that was wanted.
  const BodyHash& of(Canonicalization form, Length length = std::nullopt) const;

 private:
  std::vector<BodyHash> hashes_;
};

}  // namespace milterward::auth
