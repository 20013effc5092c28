// SPDX-License-Identifier: Apache-2.0
// Which fields of a message does a signature cover? Shared by the signing engines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/dkim/message_hash.h"
#include "policy/mail/header.h"
#include "policy/ports/dkim.h"

namespace milterward::sign {

/// Does one of the names equal this one, ignoring case?
bool lists_name(const std::vector<std::string>& names, std::string_view name) noexcept;

/// The fields a request signs, in the order of the message: all of its names that occur.
RawHeaders signed_fields(const RawHeaders& headers, const ports::SigningRequest& request);

/// What a signature covers. RFC 6376 section 5.4.
struct Coverage {
  std::vector<std::string> names;  // for h=, in lower case; one more for oversigned ones
  std::vector<const RawHeader*> fields;  // what they select, in that order
};
Coverage coverage_of(const auth::FieldIndex& index, const ports::SigningRequest& request);

/// A message without From, or with several, is not signed: a reader would see one author
/// and the signature speak of another. RFC 6376 sections 5.4 and 8.15.
std::optional<ports::SigningFault> fault_of_from(const RawHeaders& headers);

}  // namespace milterward::sign
