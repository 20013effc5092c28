// SPDX-License-Identifier: Apache-2.0
// Any text is a configuration or a list of complaints that name the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conf/load.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  const auto config = milterward::conf::load_config(text, "m.toml");
  if (!config) {
    if (config.fault().empty()) std::abort();
    for (const auto& problem : config.fault())
      if (!milterward::conf::to_text(problem).starts_with("m.toml")) std::abort();
  }
  return 0;
}
