// SPDX-License-Identifier: Apache-2.0
// A report as it was before it was packed for its way: out of gzip (RFC 1952), out of a zip
// archive (its first member that holds XML or JSON), or as it is. What grows beyond its
// limit, or faster than any report does, is refused while it grows: no more than the limit
// is ever held. Names in archives mean nothing beyond their endings, since nothing is
// written under them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::feedback {

struct UnpackingLimits {
  std::size_t octets = 20'000'000;
};

/// Packings inside packings: a zip archive of a gzip file has been seen.
inline constexpr std::size_t layer_limit = 2;
/// Members of an archive that are looked at.
inline constexpr std::size_t member_limit = 16;
/// How many octets may come of one, once there are more than `ratio_grace`: reports, which
/// repeat themselves, are packed to a fortieth at most.
inline constexpr std::size_t ratio_limit = 250;
inline constexpr std::size_t ratio_grace = 1'000'000;

/// The report, or a sentence that says why there is none. `packed` that is no packing known
/// is returned as it is, when it keeps to the limit.
Result<std::string, std::string> unpack(std::string_view packed,
                                        const UnpackingLimits& limits);

}  // namespace milterward::feedback
