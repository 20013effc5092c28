// SPDX-License-Identifier: Apache-2.0
// What the header of a message that leaves shows to who receives it: is it complete, and
// each field there once (RFC 5322 section 3.6), is it one of many (RFC 2369, RFC 2919,
// Precedence), and can its reader leave by one click (RFC 8058)? One pass over the fields.
#pragma once

#include <string>
#include <vector>

#include "policy/mail/header.h"
#include "policy/rules/facts.h"

namespace milterward {

/// A signature that the message leaves with.
struct Signer {
  std::string domain;               // d=
  bool covers_unsubscribe = false;  // List-Unsubscribe and List-Unsubscribe-Post
};

struct OutgoingHeader {
  std::vector<rules::PreflightFact> findings;
  bool has_message_id = false;
  bool has_date = false;
  std::string bulk_field;  // by which it is one of many; "" for none
  /// Whether a signature covers the fields is not looked at.
  rules::Unsubscription unsubscription = rules::Unsubscription::none;
  std::vector<Signer> signers;  // of signatures that were there
};

OutgoingHeader look_over(const RawHeaders& headers);

}  // namespace milterward
