// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/unpacked.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/feedback/archive.h"
#include "policy/feedback/inflation.h"

namespace milterward::feedback {
namespace {

using Unpacked = Result<std::string, std::string>;

constexpr std::string_view gzip_mark{"\x1f\x8b", 2};
constexpr std::string_view zip_mark{"PK\x03\x04", 4};
constexpr std::string_view empty_zip_mark{"PK\x05\x06", 4};

/// RFC 1950: method 8, and a check sum over the first two octets.
bool looks_like_zlib(std::string_view text) {
  if (text.size() < 2) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  const auto second = static_cast<unsigned char>(text[1]);
  return (first & 0x0f) == 8 && (first >> 4) <= 7 && (first * 256U + second) % 31 == 0;
}

bool is_packed(std::string_view text) {
  return text.starts_with(gzip_mark) || text.starts_with(zip_mark) ||
         text.starts_with(empty_zip_mark) || looks_like_zlib(text);
}

/// A report has such a name, or is packed once more.
bool may_be_report(const ArchiveMember& member) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{".xml", ".json", ".gz", ".zip"},
      [&](std::string_view end) { return ends_with_ignoring_case(member.name, end); });
}

/// Of a member that turned out to have no report's name: what it begins with decides.
bool looks_like_report(std::string_view text) {
  const auto begin = trim(text.substr(0, 1024));
  return begin.starts_with('<') || begin.starts_with('{') || is_packed(text) ||
         text.starts_with("\xef\xbb\xbf") || text.starts_with("\xff\xfe") ||
         text.starts_with("\xfe\xff");
}

Unpacked unpack_member(const ArchiveMember& member, std::size_t limit) {
  if (member.is_deflated) {
    auto inflated = inflate(member.packed, Wrapping::raw, limit);
    if (!inflated) return Unexpected{inflated.fault()};
    return std::move(inflated->octets);
  }
  if (member.packed.size() > limit)
    return Unexpected{fmt::format("unpacked it is larger than {} octets", limit)};
  return std::string{member.packed};
}

Unpacked unpack_archive(std::string_view archive, std::size_t limit) {
  const auto members = members_of(archive, member_limit);
  if (!members) return Unexpected{members.fault()};
  const auto named = std::ranges::find_if(*members, may_be_report);
  if (named != members->end()) return unpack_member(*named, limit);
  for (const auto& member : *members)
    if (auto text = unpack_member(member, limit); text && looks_like_report(*text))
      return text;
  return Unexpected{std::string{"the zip archive holds neither XML nor JSON"}};
}

Unpacked unpack_layer(std::string_view packed, std::size_t limit) {
  if (packed.starts_with(zip_mark) || packed.starts_with(empty_zip_mark))
    return unpack_archive(packed, limit);
  auto inflated = inflate(packed, Wrapping::gzip_or_zlib, limit);
  if (!inflated) return Unexpected{inflated.fault()};
  return std::move(inflated->octets);
}

}  // namespace

Unpacked unpack(std::string_view packed, const UnpackingLimits& limits) {
  if (packed.empty()) return Unexpected{std::string{"it is empty"}};
  if (!is_packed(packed)) {
    if (packed.size() > limits.octets)
      return Unexpected{fmt::format("it is larger than {} octets", limits.octets)};
    return std::string{packed};
  }
  auto text = unpack_layer(packed, limits.octets);
  for (std::size_t layer = 1; text && is_packed(*text); ++layer) {
    if (layer == layer_limit)
      return Unexpected{fmt::format("it is packed more than {} times", layer_limit)};
    text = unpack_layer(*text, limits.octets);
  }
  if (text && text->empty()) return Unexpected{std::string{"what is packed is empty"}};
  return text;
}

}  // namespace milterward::feedback
