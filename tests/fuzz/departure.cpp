// SPDX-License-Identifier: Apache-2.0
// Address fields as Sendmail writes them stay as they are when it writes them again; lines
// are broken alike however the text was cut into chunks, and never longer than may be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/sign/long_lines.h"
#include "policy/sign/sendmail_addresses.h"

using milterward::sign::as_sendmail_writes;
using milterward::sign::LineBreaker;
using milterward::sign::LineLimit;

namespace {

std::string broken(LineLimit limit, std::string_view text, std::size_t chunk) {
  LineBreaker breaker{limit};
  std::string out;
  const auto sink = [&](std::string_view octets) { out += octets; };
  for (std::size_t at = 0; at < text.size(); at += chunk)
    breaker.feed(text.substr(at, chunk), sink);
  breaker.finish(sink);
  return out;
}

}  // namespace

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  if (const auto once = as_sendmail_writes(text, "mx.test")) {
    if (once->find_first_of("\r\n") != std::string::npos) std::abort();
    if (as_sendmail_writes(*once, "mx.test") != once) std::abort();
  }
  // Small, so that short inputs have long lines.
  for (const auto limit : {LineLimit{8, "", 0}, LineLimit{8, "!", 11}}) {
    const auto whole = broken(limit, text, size + 1);
    if (broken(limit, text, 1) != whole || broken(limit, text, 5) != whole) std::abort();
    if (limit.part != 0) continue;
    std::size_t column = 0;
    for (const char c : whole) {
      column = c == '\n' ? 0 : column + (c == '\r' ? 0 : 1);
      if (column > limit.octets && text.find('\r') == std::string_view::npos) std::abort();
    }
  }
  return 0;
}
