// SPDX-License-Identifier: Apache-2.0
#include "milter/front/libmilter/negotiation.h"

#include <fmt/format.h>
#include <libmilter/mfapi.h>

#include <algorithm>

namespace milterward::front {
namespace {

/// Without these a forged Authentication-Results could not be removed, and none be written.
constexpr unsigned long indispensable_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
constexpr unsigned long redirecting = SMFIF_ADDRCPT | SMFIF_DELRCPT;
constexpr unsigned long welcome_actions = redirecting | SMFIF_QUARANTINE | SMFIF_SETSYMLIST;

/// A verdict falls at MAIL, RCPT and the end of the message. At every other step "no reply"
/// saves both sides a switch; where the MTA does not know it, libmilter answers for us.
constexpr unsigned long no_reply = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_DATA |
                                   SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;

/// SMFIP_RCPT_REJ: recipients the MTA refused belong into the facts of a message too.
constexpr unsigned long welcome_steps =
    SMFIP_HDR_LEADSPC | SMFIP_RCPT_REJ | SMFIP_NOUNKNOWN;

}  // namespace

Result<Agreement, std::string> agree_on(const Offer& offer) {
  const auto missing = indispensable_actions & ~offer.actions;
  if (missing != 0) {
    return Unexpected{
        fmt::format("the MTA does not let filters {} header fields (it offers actions "
                    "{:#x}); messages could not be marked",
                    (missing & SMFIF_CHGHDRS) != 0 ? "change" : "add", offer.actions)};
  }
  Agreement agreement;
  agreement.actions = indispensable_actions | (welcome_actions & offer.actions);
  agreement.steps = no_reply | (welcome_steps & offer.steps);
  agreement.leading_space = (offer.steps & SMFIP_HDR_LEADSPC) != 0 ? LeadingSpace::in_value
                                                                   : LeadingSpace::from_mta;
  agreement.may_quarantine = (offer.actions & SMFIF_QUARANTINE) != 0;
  agreement.may_redirect = (offer.actions & redirecting) == redirecting;
  agreement.may_name_macros = (offer.actions & SMFIF_SETSYMLIST) != 0;
  return agreement;
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
