// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/address_pattern.h"

#include <algorithm>

#include "policy/base/ascii.h"

namespace milterward {
namespace {

bool is_possible(std::string_view local_part) noexcept {
  return !local_part.empty() && local_part.size() <= local_part_limit &&
         std::ranges::none_of(local_part, [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '@';
         });
}

}  // namespace

Result<AddressPattern, AddressPattern::Fault> AddressPattern::parse(std::string_view text) {
  AddressPattern pattern;
  if (text == "*") {
    pattern.what_ = Everything{};
    return pattern;
  }
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) {
    auto domain = DomainPattern::parse(text.substr(at == 0 ? 1 : 0));
    if (!domain || (at == 0 && domain->subdomains_only))
      return Unexpected{Fault::bad_domain};
    pattern.what_ = std::move(*domain);
    return pattern;
  }
  const auto local_part = text.substr(0, at);
  if (!is_possible(local_part)) return Unexpected{Fault::bad_local_part};
  auto domain = Domain::parse(text.substr(at + 1));
  if (!domain) return Unexpected{Fault::bad_domain};
  pattern.what_ = MailAddress{std::string{local_part}, std::move(*domain)};
  return pattern;
}

bool AddressPattern::holds(const MailAddress& address, std::string_view delimiters) const {
  if (std::holds_alternative<Everything>(what_)) return true;
  if (const auto* domain = std::get_if<DomainPattern>(&what_))
    return domain->holds(address.domain);
  const auto* own = std::get_if<MailAddress>(&what_);
  return own != nullptr && own->domain == address.domain &&
         (equal_ignoring_case(own->local_part, address.local_part) ||
          equal_ignoring_case(own->local_part,
                              without_extension(address.local_part, delimiters)));
}

std::string_view without_extension(std::string_view local_part,
                                   std::string_view delimiters) noexcept {
  const auto end = local_part.find_first_of(delimiters, 1);
  return local_part.substr(0, end);
}

}  // namespace milterward
