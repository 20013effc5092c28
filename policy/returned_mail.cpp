// SPDX-License-Identifier: Apache-2.0
#include "policy/returned_mail.h"

#include <algorithm>

namespace milterward {
namespace {

using rules::Returned;
using sign::TraceOrigin;

// Each hop of ours adds one field; more than these did not come from a loop of our making.
constexpr std::size_t trace_limit = 16;

bool share_a_domain(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(
      a, [&](const auto& domain) { return std::ranges::find(b, domain) != b.end(); });
}

}  // namespace

ReturnedMail judge_traces(const RawHeaders& headers,
                          const std::vector<std::string>& author_domains,
                          const sign::TraceSecret& secret, WallTime today) {
  ReturnedMail mail;
  std::size_t read = 0;
  for (const auto* field : fields_named(headers, sign::trace_header_name)) {
    if (++read > trace_limit) break;
    const auto trace = sign::read_trace(*field, headers, secret, today);
    if (!trace) continue;
    const bool inbound = trace->origin == TraceOrigin::inbound;
    if (inbound && trace->is_of_this_message)
      return {Returned::entered_inbound, {}, trace->authres_digests};
    if (inbound && share_a_domain(trace->author_domains, author_domains))
      mail = {Returned::entered_as_stranger, {}, {}};
    else if (!inbound && trace->is_of_this_message && mail.returned == Returned::no)
      mail = {Returned::entered_as_ours, trace->entitled_domains, {}};
  }
  return mail;
}

}  // namespace milterward
