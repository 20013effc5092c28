// SPDX-License-Identifier: Apache-2.0
#include "policy/returned_mail.h"

#include <algorithm>

namespace milterward {
namespace {

using rules::Returned;
using sign::TraceOrigin;

// Each hop of ours adds one field; more than these did not come from a loop of our making.
constexpr std::size_t trace_limit = 16;

/// May a message with this author be one that once entered with those? An MTA that takes it
/// back from a trusted host first completes its From: it adds one that is missing, a domain
/// to a bare name (append_at_myorigin, append_dot_mydomain), and hides hosts behind their
/// domain (masquerading). So what entered without a full name of its own may be anybody's.
bool may_be_author_of(const std::string& entered, const std::string& author) {
  return entered.find('.') == std::string::npos || entered == author ||
         entered.ends_with("." + author);
}

bool may_have_entered_with(const std::vector<std::string>& entered,
                           const std::vector<std::string>& authors) {
  if (entered.empty()) return true;
  return std::ranges::any_of(entered, [&](const auto& domain) {
    return std::ranges::any_of(
        authors, [&](const auto& author) { return may_be_author_of(domain, author); });
  });
}

}  // namespace

bool may_bring_traces(const rules::SenderFacts& sender) noexcept {
  return !sender.client_is_upstream && !sender.client_is_authenticated() &&
         (sender.client_is_trusted || !sender.came_by_smtp);
}

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
      return {Returned::entered_inbound, {}, trace->field_digests};
    if (inbound && may_have_entered_with(trace->author_domains, author_domains))
      mail = {Returned::entered_as_stranger, {}, {}};
    else if (!inbound && trace->is_of_this_message && mail.returned == Returned::no)
      mail = {Returned::entered_as_ours, trace->entitled_domains, trace->field_digests};
  }
  return mail;
}

}  // namespace milterward
