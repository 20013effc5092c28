// SPDX-License-Identifier: Apache-2.0
// Any octets are a line of a log, and a value in one: what is read is one of our events or
// nothing, and what was written is read back, as far as a log can carry it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "milter/status/line.h"
#include "milter/status/line_reader.h"

namespace {

using namespace milterward;

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  if (const auto event = status::parse_line(text)) require(!event->name.empty());

  const std::vector<LogField> fields{{"reason", std::string{text}}};
  for (const auto format : {conf::LogFormat::keyvalue, conf::LogFormat::json}) {
    const auto line = status::line_of(format, Event::daemon_failed, fields);
    require(line.find_first_of("\r\n") == std::string::npos);
    const auto event = status::parse_line(line);
    require(event && event->name == "daemon.failed");
    if (format == conf::LogFormat::json)
      require((*event)["reason"] == status::for_json(text));
  }
  return 0;
}
