// SPDX-License-Identifier: Apache-2.0
// What the DKIM benchmark signs and verifies: keys made on the spot, a message of 2 KB, and
// bodies of 1 MB.
#pragma once

#include <memory>
#include <string>

#include "policy/mail/header.h"
#include "policy/ports/dkim.h"
#include "policy/ports/resolver.h"

using EVP_PKEY = struct evp_pkey_st;

namespace milterward::bench {

/// One key in all the forms that the sides want.
struct Key {
  std::string pem;
  std::shared_ptr<EVP_PKEY> loaded;
  std::shared_ptr<const ports::PrivateKey> ours;
  std::string record;  // its key record
};
Key rsa_key();  // 2048 bits
Key ed25519_key();

struct Mail {
  RawHeaders headers;
  std::string body;
};
/// An ordinary message of 2 KB, as it is on the wire.
Mail small_mail();

/// 1 MB: words in lines, as mail has them.
std::string mail_text();
/// 1 MB: every second octet is a blank, a space and a tab by turns, so that each block has
/// something to be changed and the canonical form is as long.
std::string alternating_blanks();
/// 1 MB: two blanks behind each letter, one of which goes.
std::string double_blanks();

/// What the daemon signs that mail with, by a key with the default options.
ports::SigningRequest request_for(const Key& key);

/// The octets that are hashed for a signature, in canonical form.
struct HashedOctets {
  std::string body, header;
};
HashedOctets hashed_octets(const Mail& mail, const RawHeader& signature);

/// DNS that knows one record and has it at hand.
class OneRecord final : public ports::Resolver {
 public:
  explicit OneRecord(std::string text);
  ports::Pending ask(const ports::DnsQuestion&) override { return answer_; }

 private:
  ports::Pending answer_;
};

}  // namespace milterward::bench
