// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/archive.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::feedback {
namespace {

constexpr std::string_view local_mark{"PK\x03\x04", 4};
constexpr std::string_view directory_mark{"PK\x01\x02", 4};
constexpr std::string_view end_mark{"PK\x05\x06", 4};
constexpr std::size_t local_size = 30;
constexpr std::size_t directory_size = 46;
constexpr std::size_t end_size = 22;
/// Behind the end stands a comment of at most 65535 octets.
constexpr std::size_t end_reach = end_size + 65535;
constexpr std::size_t name_limit = 255;

constexpr unsigned is_encrypted = 1U << 0;
constexpr unsigned size_comes_later = 1U << 3;
constexpr unsigned stored = 0;
constexpr unsigned deflated = 8;

/// Little-endian, from within `text`.
std::size_t number_at(std::string_view text, std::size_t place, std::size_t octets) {
  std::size_t number = 0;
  for (std::size_t i = octets; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(text[place + i]);
  return number;
}

struct Header {
  std::string name;
  unsigned flags = 0;
  unsigned method = 0;
  std::size_t packed_size = 0;
  std::size_t size = 0;  // of the header itself
};

/// At the front of `text`.
std::optional<Header> local_header(std::string_view text) {
  if (text.size() < local_size || !text.starts_with(local_mark)) return std::nullopt;
  const auto name_size = number_at(text, 26, 2);
  const auto size = local_size + name_size + number_at(text, 28, 2);
  if (text.size() < size) return std::nullopt;
  return Header{printable(text.substr(local_size, name_size), name_limit),
                static_cast<unsigned>(number_at(text, 6, 2)),
                static_cast<unsigned>(number_at(text, 8, 2)), number_at(text, 18, 4), size};
}

bool can_be_unpacked(const Header& header) {
  return (header.flags & is_encrypted) == 0 &&
         (header.method == stored || header.method == deflated);
}

/// Where the directory begins; none where there is no end record that fits.
std::optional<std::size_t> directory_of(std::string_view archive) {
  if (archive.size() < end_size) return std::nullopt;
  const auto reach = archive.size() > end_reach ? archive.size() - end_reach : 0;
  const auto end = archive.rfind(end_mark, archive.size() - end_size);
  if (end == std::string_view::npos || end < reach) return std::nullopt;
  const auto begin = number_at(archive, end + 16, 4);
  if (begin >= end || !archive.substr(begin).starts_with(directory_mark))
    return std::nullopt;
  return begin;
}

using Members = std::vector<ArchiveMember>;

Members by_directory(std::string_view archive, std::size_t place, std::size_t most) {
  Members members;
  for (std::size_t i = 0; i < most; ++i) {
    const auto entry = archive.substr(place);
    if (entry.size() < directory_size || !entry.starts_with(directory_mark)) break;
    const auto packed_size = number_at(entry, 20, 4);
    const auto begin = number_at(entry, 42, 4);
    place += directory_size + number_at(entry, 28, 2) + number_at(entry, 30, 2) +
             number_at(entry, 32, 2);
    if (begin < archive.size())
      if (const auto header = local_header(archive.substr(begin));
          header && can_be_unpacked(*header))
        members.push_back({header->name, header->method == deflated,
                           archive.substr(begin + header->size, packed_size)});
    if (place > archive.size()) break;
  }
  return members;
}

/// A member whose size comes behind it is the last that is found.
Members by_local_headers(std::string_view archive, std::size_t most) {
  Members members;
  for (std::size_t i = 0; i < most; ++i) {
    const auto header = local_header(archive);
    if (!header) break;
    archive.remove_prefix(header->size);
    const bool ends_later = (header->flags & size_comes_later) != 0;
    // What is stored and says no size cannot be told from what follows.
    const bool is_bounded = !ends_later || header->method == deflated;
    const auto packed = ends_later ? archive : archive.substr(0, header->packed_size);
    if (can_be_unpacked(*header) && is_bounded)
      members.push_back({header->name, header->method == deflated, packed});
    if (ends_later) break;
    archive.remove_prefix(packed.size());
  }
  return members;
}

}  // namespace

Result<std::vector<ArchiveMember>, std::string> members_of(std::string_view archive,
                                                           std::size_t most) {
  const auto directory = directory_of(archive);
  auto members =
      directory ? by_directory(archive, *directory, most) : by_local_headers(archive, most);
  if (members.empty())
    return Unexpected{std::string{
        "the zip archive holds nothing that can be unpacked: it is empty, encrypted, "
        "damaged, or packed by a method that mail does not use"}};
  return members;
}

}  // namespace milterward::feedback
