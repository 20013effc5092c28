// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/tag_list.h"

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/utf8.h"

namespace milterward::auth {
namespace {

// Signatures have 14 registered tags, key records 9; the rest is room for private ones.
constexpr std::size_t tag_limit = 64;

bool is_name(std::string_view name) {
  return !name.empty() && is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; });
}

/// Every line break is followed by white space, and CR comes with LF only.
bool folds_are_sound(std::string_view text) {
  for (auto at = text.find('\r'); at != std::string_view::npos;
       at = text.find('\r', at + 1))
    if (at + 1 == text.size() || text[at + 1] != '\n') return false;
  for (auto at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1))
    if (at + 1 == text.size() || !is_wsp(text[at + 1])) return false;
  return true;
}

constexpr bool is_plain(char c) { return is_fws(c) || (c >= '!' && c <= '~'); }
constexpr OctetSet plain_octets{is_plain};
constexpr OctetSet allowed_octets{[](char c) { return is_plain(c) || (c & 0x80) != 0; }};

bool is_value(std::string_view value) {
  return is_all_of(value, plain_octets) ||
         (is_all_of(value, allowed_octets) && is_valid_utf8(value));
}

}  // namespace

Result<TagList, TagListFault> TagList::parse(std::string_view text) {
  if (trim(text).empty()) return Unexpected{TagListFault::empty};
  if (!folds_are_sound(text)) return Unexpected{TagListFault::bad_fold};
  auto specs = split(text, ';');
  if (specs.size() > 1 && trim(specs.back()).empty()) specs.pop_back();
  if (specs.size() > tag_limit) return Unexpected{TagListFault::too_many};

  TagList list;
  list.tags_.reserve(specs.size());
  for (const auto spec : specs) {
    const auto equals = spec.find('=');
    if (equals == std::string_view::npos) return Unexpected{TagListFault::no_value};
    const auto name = trim(spec.substr(0, equals));
    const auto value = trim(spec.substr(equals + 1));
    if (!is_name(name)) return Unexpected{TagListFault::bad_name};
    if (!is_value(value)) return Unexpected{TagListFault::bad_octet};
    if (list.value(name)) return Unexpected{TagListFault::duplicate};
    list.tags_.push_back({name, value});
  }
  return list;
}

std::optional<std::string_view> TagList::value(std::string_view name) const noexcept {
  for (const auto& tag : tags_)
    if (tag.name == name) return tag.value;
  return std::nullopt;
}

std::string without_fws(std::string_view text) {
  std::string dense{text};
  std::erase_if(dense, [](char c) { return is_fws(c); });
  return dense;
}

std::vector<std::string_view> colon_list(std::string_view value) {
  auto entries = split(value, ':');
  for (auto& entry : entries) entry = trim(entry);
  return entries;
}

std::string_view to_text(TagListFault fault) noexcept {
  switch (fault) {
    case TagListFault::empty:
      return "empty tag list";
    case TagListFault::bad_name:
      return "malformed tag name";
    case TagListFault::bad_octet:
      return "character not allowed in a tag value";
    case TagListFault::bad_fold:
      return "line break without white space";
    case TagListFault::no_value:
      return "tag without a value";
    case TagListFault::duplicate:
      return "tag given twice";
    case TagListFault::too_many:
      return "too many tags";
  }
  unreachable();
}

}  // namespace milterward::auth
