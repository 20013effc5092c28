// SPDX-License-Identifier: Apache-2.0
// Any octets are a message: its fields have names, and what was read is read again from
// what is written of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/mail/message_text.h"

namespace {

using milterward::MessageText;

std::string written(const MessageText& message) {
  std::string text;
  for (const auto& field : message.headers) text += field.name + ":" + field.value + "\r\n";
  return text + "\r\n" + message.body;
}

/// The first line end tells how to read the rest, so that one in a value may change it.
bool has_bare_lf(const milterward::RawHeaders& headers) {
  for (const auto& field : headers)
    for (std::size_t at = 0; at < field.value.size(); ++at)
      if (field.value[at] == '\n' && (at == 0 || field.value[at - 1] != '\r')) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const auto message = milterward::parse_message(
      std::string_view{reinterpret_cast<const char*>(octets), size});
  for (const auto& field : message.headers) {
    if (field.name.empty()) std::abort();
    if (field.name.find_first_of(" \t\r\n:") != std::string::npos) std::abort();
  }
  if (message.headers.empty() || has_bare_lf(message.headers)) return 0;
  const auto again = milterward::parse_message(written(message));
  if (again.headers != message.headers || again.body != message.body) std::abort();
  return 0;
}
