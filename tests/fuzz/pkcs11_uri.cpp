// SPDX-License-Identifier: Apache-2.0
// Any text is a PKCS#11 URI (RFC 7512) or a complaint that says what is wrong.
#include "conf/pkcs11_uri.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using milterward::conf::parse_pkcs11_uri;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto uri = parse_pkcs11_uri(text);
  if (!uri) return 0;
  for (const auto& part :
       {uri->token, uri->manufacturer, uri->model, uri->serial, uri->object, uri->id})
    if (part && part->size() > size) std::abort();
  if (parse_pkcs11_uri(text).value() != *uri) std::abort();
  return 0;
}
