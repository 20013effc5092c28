// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/helo/helo.h"

#include <algorithm>
#include <optional>

#include "policy/base/unreachable.h"
#include "policy/mail/domain.h"

namespace milterward::auth {
namespace {

std::optional<IpAddress> address_of(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? std::optional{*address} : std::nullopt;
}

HeloState judge_address(const IpAddress& named, bool is_literal, const IpAddress& client,
                        const OurSelves& us) {
  if (named != client && std::ranges::find(us.addresses, named) != us.addresses.end())
    return HeloState::ours;
  if (!is_literal) return HeloState::bare_address;
  return named == client ? HeloState::unremarkable : HeloState::other_address;
}

}  // namespace

std::string_view to_text(HeloState state) noexcept {
  switch (state) {
    case HeloState::unremarkable:
      return "unremarkable";
    case HeloState::ours:
      return "ours";
    case HeloState::bare_address:
      return "bare_address";
    case HeloState::other_address:
      return "other_address";
    case HeloState::not_qualified:
      return "not_qualified";
  }
  unreachable();
}

HeloState judge_helo(std::string_view helo, const IpAddress& client, const OurSelves& us) {
  if (const auto named = address_of(helo))
    return judge_address(*named, helo.starts_with('['), client, us);
  const auto name = Domain::parse(helo);
  if (!name) return HeloState::not_qualified;
  const bool is_ours = std::ranges::any_of(us.names, [&](const std::string& ours) {
    const auto own = Domain::parse(ours);
    return own && *own == *name;
  });
  if (is_ours) return HeloState::ours;
  return name->label_count() < 2 ? HeloState::not_qualified : HeloState::unremarkable;
}

}  // namespace milterward::auth
