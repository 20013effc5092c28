// SPDX-License-Identifier: Apache-2.0
// libopendkim's handles as values that free themselves, and what may be fed to them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "policy/mail/header.h"

struct dkim;
struct dkim_lib;

namespace milterward::backends {

struct FreeOpendkim {
  void operator()(dkim_lib* library) const noexcept;
  void operator()(dkim* handle) const noexcept;
};
using OpendkimLibrary = std::unique_ptr<dkim_lib, FreeOpendkim>;
using OpendkimHandle = std::unique_ptr<dkim, FreeOpendkim>;

/// A library instance with these DKIM_LIBFLAGS. Throws std::bad_alloc.
OpendkimLibrary make_opendkim_library(unsigned flags);

/// Its strings end at 64 KB, and one field that does not fit fails the whole message.
inline constexpr std::size_t opendkim_field_limit = 60'000;
/// It compares every name in h= with every field: a thousand of each cost 7 ms.
inline constexpr std::size_t opendkim_field_count_limit = 1000;

/// Short enough, and without NUL: libopendkim works on C strings.
bool can_feed(const RawHeader& header) noexcept;

/// Does its relaxed form change more than white space (RFC 6376 section 3.4.2) in there?
/// It takes form feed and vertical tab for blanks, and drops a bare CR.
bool relaxes_wrongly(const RawHeader& header) noexcept;

/// Feeds "Name:value" with folds as CRLF. False when libopendkim does not take it.
bool feed_header(dkim* handle, const RawHeader& header);

/// Feeds a chunk of the body. False when libopendkim does not take it.
bool feed_body(dkim* handle, std::string_view chunk);

}  // namespace milterward::backends
