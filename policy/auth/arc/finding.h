// SPDX-License-Identifier: Apache-2.0
// What validating an Authenticated Received Chain found, in the words of RFC 8617 section
// 4.4. There is no temperror: section 5.2.1 makes every error permanent, DNS failures
// included, since what this hop cannot prove no later hop can. `is_for_want_of_dns` still
// tells the two apart, so that a receiver may prefer to see the mail again later.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward::auth {

/// RFC 8617 section 4.2.1.
inline constexpr unsigned arc_set_limit = 50;

enum class ArcResult { none, pass, fail };
std::string_view to_text(ArcResult result) noexcept;

/// One ARC Set of a chain that passed.
struct ArcTestimony {
  std::string domain;    // d= of its ARC-Seal, as A-labels in lower case
  std::string selector;  // s= of its ARC-Seal
  std::string results;   // its authentication results: authres-payload of RFC 8601
  bool operator==(const ArcTestimony&) const = default;
};

struct ArcFinding {
  ArcResult result = ArcResult::none;
  std::string newest_sealer;  // d= of the newest ARC-Seal, a mere claim unless it passed
  unsigned instance = 0;     // the highest one seen, whatever the result; 0 without a chain
  unsigned oldest_pass = 0;  // section 5.2 step 5: 0 when all pass; only when the chain did
  std::vector<ArcTestimony> sets;   // instance i is [i - 1]; empty unless the chain passed
  bool author_is_signed = false;    // the newest ARC-Message-Signature covers From
  bool is_for_want_of_dns = false;  // failed, and might not have if DNS had answered
  std::string reason;               // short text: why not pass
  bool operator==(const ArcFinding&) const = default;
};

}  // namespace milterward::auth
