// SPDX-License-Identifier: Apache-2.0
#include "milter/front/negotiation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/steps.h"

namespace milterward::front {
namespace {

namespace actions = protocol::actions;
namespace steps = protocol::steps;

/// Without these a forged Authentication-Results could not be removed, and none be written.
constexpr auto indispensable_actions = actions::add_headers | actions::change_headers;
constexpr auto redirecting = actions::add_recipients | actions::remove_recipients;
constexpr auto welcome_actions = redirecting | actions::quarantine | actions::name_macros;

/// Recipients the MTA refused belong into the facts of a message too.
constexpr auto welcome_steps =
    steps::leading_space | steps::rejected_recipients | steps::no_unknown;

}  // namespace

Result<Agreement, std::string> agree_on(const Offer& offer) {
  const auto missing = indispensable_actions & ~offer.actions;
  if (missing != 0) {
    return Unexpected{fmt::format(
        "the MTA does not let filters {} header fields (it offers actions "
        "{:#x}); messages could not be marked",
        (missing & actions::change_headers) != 0 ? "change" : "add", offer.actions)};
  }
  Agreement agreement;
  agreement.actions = indispensable_actions | (welcome_actions & offer.actions);
  agreement.steps = (no_reply_steps | welcome_steps) & offer.steps;
  agreement.leading_space = (offer.steps & steps::leading_space) != 0
                                ? LeadingSpace::in_value
                                : LeadingSpace::from_mta;
  agreement.may_quarantine = (offer.actions & actions::quarantine) != 0;
  agreement.may_redirect = (offer.actions & redirecting) == redirecting;
  agreement.may_name_macros = (offer.actions & actions::name_macros) != 0;
  return agreement;
}

std::vector<MacroRequest> macro_requests() {
  namespace stages = protocol::stages;
  const auto& wishes = macro_wishes();
  std::vector<MacroRequest> requests;
  const auto ask = [&](std::uint32_t stage, const std::vector<std::string_view>& names,
                       const std::vector<std::string_view>& further = {}) {
    if (auto list = macro_list(names, further); !list.empty())
      requests.push_back({stage, std::move(list)});
  };
  // Our own wishes at CONNECT let a session see that the client has changed.
  ask(stages::connect, wishes.connect, {"{client_addr}", "{client_port}", "{client_name}"});
  ask(stages::helo, wishes.helo);
  ask(stages::mail, wishes.mail);
  ask(stages::rcpt, wishes.rcpt);
  ask(stages::data, wishes.data);
  ask(stages::end_of_headers, wishes.end_of_headers);
  ask(stages::end_of_message, wishes.end_of_message);
  return requests;
}

std::string macro_list(const std::vector<std::string_view>& wishes,
                       const std::vector<std::string_view>& further) {
  std::vector<std::string_view> names;
  for (const auto* part : {&wishes, &further}) {
    for (const auto name : *part) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace milterward::front
