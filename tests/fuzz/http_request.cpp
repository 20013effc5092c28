// SPDX-License-Identifier: Apache-2.0
// Whatever a client of the status page sends: it is refused, or what goes on to the library
// is a request line for reading with at most two fields, and no octet that was not sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "milter/status/http_request.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view header{reinterpret_cast<const char*>(octets), size};
  const auto request = milterward::status::strained(header);
  if (!request) {
    require(request.fault() >= 400 && request.fault() < 600);
    return 0;
  }
  const std::string_view text = *request;
  require(text.starts_with("GET ") || text.starts_with("HEAD "));
  require(text.ends_with("\r\n\r\n") && text.find("\r\n\r\n") == text.size() - 4);
  require(std::ranges::count(text, '\n') <= 5 && text.size() <= size + 64);
  return 0;
}
