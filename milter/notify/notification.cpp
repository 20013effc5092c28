// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/notification.h"

#include <fmt/format.h>

#include <utility>

#include "milter/status/json_text.h"
#include "milter/status/line.h"

namespace milterward::notify {
namespace {

std::vector<LogField> shortened(std::vector<LogField> fields) {
  for (auto& field : fields)
    if (field.value.size() > longest_value)
      field.value.replace(longest_value, std::string::npos, "...");
  return fields;
}

std::string in_words(Event event, const std::vector<LogField>& fields,
                     std::string_view host, std::size_t not_told) {
  constexpr std::string_view name_of_event = "event=";
  auto text = fmt::format(
      "{}: {}", host, status::keyvalue_line(event, fields).substr(name_of_event.size()));
  if (not_told > 0) text += fmt::format(" ({} before it were not told)", not_told);
  return text;
}

}  // namespace

Notification make_notification(Event event, const std::vector<LogField>& all_fields,
                               std::string_view host, WallTime time, std::size_t not_told) {
  const auto fields = shortened(all_fields);
  const auto& row = row_of(event);
  const auto level = to_text(row.level);
  const auto stamp = status::timestamp(time);
  std::string json = "{";
  status::append_json_member(json, "event", row.name);
  status::append_json_member(json, "level", level);
  status::append_json_member(json, "time", stamp);
  status::append_json_member(json, "host", host);
  status::append_json_member(json, "text", in_words(event, fields, host, not_told));
  json += R"(,"fields":{)";
  for (const auto& field : fields)
    status::append_json_member(json, field.name, field.value);
  json += fmt::format(R"(}},"not_told":{}}})", not_told);
  return {
      std::move(json),
      {fmt::format("MILTERWARD_EVENT={}", row.name),
       fmt::format("MILTERWARD_LEVEL={}", level), fmt::format("MILTERWARD_TIME={}", stamp),
       fmt::format("MILTERWARD_HOST={}", host)}};
}

}  // namespace milterward::notify
