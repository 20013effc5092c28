// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/inflation.h"

#include <fmt/format.h>
#define ZLIB_CONST  // what is read is not changed
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "policy/feedback/unpacked.h"

namespace milterward::feedback {
namespace {

/// The window of the format, and zlib's own way to say which wrapping it has.
constexpr int raw_window = -15;
constexpr int any_wrapping = 15 + 32;
constexpr std::size_t step = 64 * 1024;

struct Stream {
  explicit Stream(Wrapping wrapping) {
    is_ready = ::inflateInit2(
                   &state, wrapping == Wrapping::raw ? raw_window : any_wrapping) == Z_OK;
  }
  ~Stream() {
    if (is_ready) ::inflateEnd(&state);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream state{};
  bool is_ready = false;
};

}  // namespace

Result<Inflated, std::string> inflate(std::string_view packed, Wrapping wrapping,
                                      std::size_t limit) {
  if (packed.size() > std::numeric_limits<uInt>::max())
    return Unexpected{std::string{"it is too large to be unpacked"}};
  Stream stream{wrapping};
  if (!stream.is_ready) return Unexpected{std::string{"there is no memory to unpack it"}};
  auto& state = stream.state;
  state.next_in = reinterpret_cast<z_const Bytef*>(packed.data());
  state.avail_in = static_cast<uInt>(packed.size());
  Inflated inflated;
  auto& octets = inflated.octets;
  for (;;) {
    const auto before = octets.size();
    // One octet beyond the limit tells that there is more.
    const auto room = std::min(step, limit + 1 - before);
    octets.resize(before + room);
    state.next_out = reinterpret_cast<Bytef*>(octets.data() + before);
    state.avail_out = static_cast<uInt>(room);
    const int code = ::inflate(&state, Z_NO_FLUSH);
    octets.resize(octets.size() - state.avail_out);
    inflated.consumed = packed.size() - state.avail_in;
    if (octets.size() > limit)
      return Unexpected{fmt::format("unpacked it is larger than {} octets", limit)};
    if (octets.size() > ratio_grace && octets.size() / ratio_limit > inflated.consumed)
      return Unexpected{fmt::format(
          "it becomes more than {} times as large when it is unpacked", ratio_limit)};
    if (code == Z_STREAM_END) return inflated;
    if (code == Z_BUF_ERROR || (code == Z_OK && state.avail_in == 0 && state.avail_out > 0))
      return Unexpected{std::string{"what is packed ends too early"}};
    if (code != Z_OK)
      return Unexpected{fmt::format("what is packed is damaged{}{}",
                                    state.msg == nullptr ? "" : ": ",
                                    state.msg == nullptr ? "" : state.msg)};
  }
}

}  // namespace milterward::feedback
