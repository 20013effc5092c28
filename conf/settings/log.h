// SPDX-License-Identifier: Apache-2.0
// Where the log goes and what it looks like. [log]
#pragma once

#include <string>

#include "policy/base/events.h"

namespace milterward::conf {

enum class LogTarget { standard_error, syslog, journal };
enum class LogFormat { keyvalue, json };

struct LogSettings {
  LogTarget target;
  LogFormat format;
  Level level;
  std::string facts;  // file; "" for none
};

}  // namespace milterward::conf
