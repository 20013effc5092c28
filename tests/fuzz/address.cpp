// SPDX-License-Identifier: Apache-2.0
// Any octets are an envelope path; one that hides no route and has a domain reads the same
// when it is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/mail/address.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto path = milterward::parse_path(text);
  if (!path || path->is_null()) return 0;
  const auto& mailbox = *path->mailbox;
  if (mailbox.local_part.empty()) std::abort();
  if (!mailbox.domain || mailbox.is_quoted || milterward::hides_route(mailbox)) return 0;
  const auto again =
      milterward::parse_path("<" + mailbox.local_part + "@" + mailbox.domain->name() + ">");
  // An A-label may be longer than the U-label it came from.
  if (!again)
    return again.fault() == milterward::PathFault::too_long ? 0 : (std::abort(), 0);
  if (again->mailbox->local_part != mailbox.local_part ||
      again->mailbox->domain != mailbox.domain)
    std::abort();
  return 0;
}
