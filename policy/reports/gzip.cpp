// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/gzip.h"

#include <zlib.h>

#include <new>

namespace milterward::reports {

std::string gzip_of(std::string_view text) {
  constexpr int largest_window = 15;
  constexpr int as_gzip = 16;  // added to the window
  constexpr int memory_level = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, largest_window + as_gzip,
                     memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc{};
  std::string packed(::deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib takes what it only reads by a pointer to what may be written.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::bad_alloc{};  // the bound says that it fits
  return packed;
}

}  // namespace milterward::reports
