// SPDX-License-Identifier: Apache-2.0
// Notices and complaints of strangers: whatever they say, few recipients and no surprise.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/mail/trouble_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(octets), size};
  const auto report = milterward::parse_trouble_report(body);
  if (report.failed.size() > 100 || report.message_id.size() > size) std::abort();
  return 0;
}
