// SPDX-License-Identifier: Apache-2.0
// One event as one line of text, `name=value` or JSON. Values come from strangers: whatever
// could end the line, look like another field or steer a terminal (control characters,
// direction marks, octets that are not UTF-8) is written as an escape. JSON is kept to
// ASCII for the same reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/log.h"
#include "policy/base/clock.h"
#include "policy/base/sink.h"

namespace milterward::status {

/// A field longer than this is cut, and "..." says so: one line must not fill a disk.
inline constexpr std::size_t longest_field = 2000;

/// The value as it stands behind `name=`: bare when nothing in it can be misread, else in
/// double quotes with `\"`, `\\`, `\n`, `\r`, `\t` and `\xHH` for single octets.
std::string quoted_if_needed(std::string_view value);

using LogFields = std::span<const LogField>;

/// `event=NAME name=value ...`, without line end; `stamp` stands before the fields.
std::string keyvalue_line(Event event, const std::vector<LogField>& fields,
                          LogFields stamp = {});

/// {"event":"NAME","name":"value",...}, ASCII only, without line end.
std::string json_line(Event event, const std::vector<LogField>& fields,
                      LogFields stamp = {});

/// What the commands' JSON can carry of a value: no longer than longest_field, U+FFFD for
/// what is not UTF-8.
std::string for_json(std::string_view value);

std::string line_of(conf::LogFormat format, Event event,
                    const std::vector<LogField>& fields, LogFields stamp = {});

/// "2026-11-23T19:31:00.123Z"
std::string timestamp(WallTime time);

}  // namespace milterward::status
