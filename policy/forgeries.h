// SPDX-License-Identifier: Apache-2.0
// Which header fields of an arriving message claim to be written by us? They go, whatever
// the direction, in every mode: readers behind us believe them (RFC 8601 section 5).
#pragma once

#include <string>
#include <vector>

#include "policy/mail/header.h"
#include "policy/rules/verdict.h"

namespace milterward {

/// What only we and our gateways may write, for one message.
struct OurFields {
  std::vector<std::string> authserv_ids;  // Authentication-Results under these names go ...
  std::vector<std::string> gateway_ids;   // ... under these too, unless ...
  bool gateway_is_client = false;         // ... a gateway of ours hands the message in
  /// The message passed us before: what we wrote then is known by its digest (sign/trace.h)
  /// and stays, the trace itself too.
  bool is_returned = false;
  std::vector<std::string> known_digests;
};

/// The removals, of each name from the last occurrence to the first.
std::vector<rules::HeaderEdit> removals_of_forgeries(const RawHeaders& headers,
                                                     const OurFields& ours);

}  // namespace milterward
