// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/field_text.h"

#include <algorithm>

#include "policy/mail/domain.h"
#include "policy/mail/utf8.h"

namespace milterward {
namespace {

bool is_above_ascii(char c) noexcept { return (c & 0x80) != 0; }

}  // namespace

std::string field_text(std::string_view text, FieldText form, std::size_t limit) {
  std::string clean{text.substr(0, limit)};
  if (text.size() > limit)  // a character may have been split
    while (!clean.empty() && is_above_ascii(clean.back())) clean.pop_back();
  const bool is_utf8 = form == FieldText::utf8 && is_valid_utf8(clean);
  std::ranges::replace_if(
      clean, [&](char c) { return is_above_ascii(c) ? !is_utf8 : c < ' ' || c == 0x7f; },
      '?');
  return clean;
}

std::string with_a_labels(std::string_view domain) {
  if (std::ranges::any_of(domain, is_above_ascii))
    if (const auto name = Domain::parse(domain)) return name->name();
  return std::string{domain};
}

std::string address_with_a_labels(std::string_view address) {
  const auto begin = address.rfind('@') + 1;  // 0 without one
  return std::string{address.substr(0, begin)} + with_a_labels(address.substr(begin));
}

}  // namespace milterward
