// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/relay.h"

namespace milterward::rules {
namespace {

Verdict denied(const char* rule) {
  return Verdict::reject(rule, {550, "5.7.1", "Relay access denied"});
}
Verdict doubtful(const char* rule) {
  return Verdict::defer(rule,
                        {451, "4.7.1", "Relay access in doubt, please try again later"});
}

}  // namespace

Verdict decide_listener(const SenderFacts& facts) {
  if (!facts.listener_is_submission || !facts.came_by_smtp)
    return Verdict::proceed("listener.open");
  if (facts.client_is_upstream)
    return Verdict::reject("listener.upstream",
                           {530, "5.7.0", "This port takes submissions only"});
  if (facts.client_is_authenticated()) return Verdict::proceed("listener.authenticated");
  if (facts.client_is_trusted) return Verdict::proceed("listener.trusted");
  if (facts.client_is_certified()) return Verdict::proceed("listener.certificate");
  return Verdict::reject("listener.login_required",
                         {530, "5.7.0", "Authentication required"});
}

Verdict decide_relay(const RecipientFacts& facts) {
  if (facts.next_hop == NextHop::refused) return Verdict::proceed("relay.refused_by_mta");
  if (!facts.came_by_smtp) return Verdict::proceed("relay.local");
  if (!facts.client_is_upstream) {
    if (facts.client_is_authenticated()) return Verdict::proceed("relay.authenticated");
    if (facts.client_is_trusted) return Verdict::proceed("relay.trusted");
    if (facts.client_is_certified()) return Verdict::proceed("relay.certificate");
  }
  if (facts.recipient_is_malformed)
    return Verdict::reject(
        "relay.malformed",
        {550, "5.7.1", "Relay access denied: malformed recipient address"});
  if (facts.recipient_hides_route) return denied("relay.hidden_route");
  if (facts.recipient_has_no_domain) return Verdict::proceed("relay.no_domain");
  if (facts.recipient_is_ours) return Verdict::proceed("relay.our_domain");
  if (facts.directory_is_silent)
    return Verdict::defer(
        "relay.directory_silent",
        {451, "4.3.0", "Recipient cannot be looked up now, please try again later"});
  if (!facts.domains_are_configured && facts.next_hop == NextHop::here)
    return Verdict::proceed("relay.delivered_here");
  if (!facts.domains_are_configured) return doubtful("relay.no_list");
  if (facts.next_hop == NextHop::here) return doubtful("relay.contradiction");
  return denied("relay.denied");
}

bool is_doubtful(const Verdict& verdict) noexcept {
  return verdict.rule == "relay.no_list" || verdict.rule == "relay.contradiction";
}

}  // namespace milterward::rules
