// SPDX-License-Identifier: Apache-2.0
// The two things canonicalization does to every octet of a body: finding blanks and line
// ends, and copying what stays. 64 octets become masks of 64 bits, and all that has to be
// decided is bit arithmetic on these, the same on every processor (canonical.cpp). The
// portable implementation is always compiled and tested, against the others, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace milterward::auth {

inline constexpr std::size_t block_octets = 64;

/// One bit for each octet of a block, the first octet in the lowest bit.
struct OctetMasks {
  std::uint64_t blanks = 0;  // space or tab
  std::uint64_t tabs = 0;
  std::uint64_t crs = 0;
  std::uint64_t lfs = 0;

  bool operator==(const OctetMasks&) const = default;
};

struct BlockOperations {
  std::string_view name;
  /// Fills one entry of `masks` for each whole block from `octets` on.
  void (*classify)(const char* octets, std::span<OctetMasks> masks) noexcept;
  /// Copies the octets of a block whose bit in `kept` is set, tabs as spaces. Returns their
  /// end; what is behind it, up to 64 octets from `to`, may be written, too.
  char* (*copy_kept)(const char* block, std::uint64_t kept, char* to) noexcept;
};

/// Those this processor can run; the portable one comes first, the fastest last.
std::span<const BlockOperations> block_operations() noexcept;

}  // namespace milterward::auth
