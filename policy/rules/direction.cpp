// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/direction.h"

#include "policy/base/unreachable.h"

namespace milterward::rules {

std::string_view to_text(Direction direction) noexcept {
  switch (direction) {
    case Direction::inbound:
      return "inbound";
    case Direction::submission:
      return "submission";
    case Direction::local:
      return "local";
  }
  unreachable();
}

DirectionDecision decide_direction(const SenderFacts& facts) {
  if (!facts.came_by_smtp) return {Direction::local, "direction.not_smtp"};
  if (facts.client_is_upstream) return {Direction::inbound, "direction.upstream"};
  if (facts.client_is_authenticated()) return {Direction::submission, "direction.login"};
  if (facts.client_is_trusted) return {Direction::submission, "direction.trusted_network"};
  if (facts.client_is_certified()) return {Direction::submission, "direction.certificate"};
  return {Direction::inbound, "direction.stranger"};
}

bool may_be_own_notice(const SenderFacts& facts, std::size_t recipients_before) {
  return !facts.came_by_smtp && facts.mail_from.empty() && recipients_before == 0;
}

bool is_own_notice(const MessageFacts& facts) {
  return facts.is_delivery_report && facts.recipient_count == 1 &&
         may_be_own_notice(facts, 0);
}

DirectionDecision decide_direction(const MessageFacts& facts) {
  if (facts.returned == Returned::entered_inbound)
    return {Direction::inbound, "direction.returned"};
  return decide_direction(static_cast<const SenderFacts&>(facts));
}

}  // namespace milterward::rules
