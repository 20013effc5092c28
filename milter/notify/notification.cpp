// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/notification.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

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
  nlohmann::ordered_json json;
  json["event"] = row.name;
  json["level"] = level;
  json["time"] = stamp;
  json["host"] = status::for_json(host);
  json["text"] = status::for_json(in_words(event, fields, host, not_told));
  json["fields"] = nlohmann::ordered_json::object();
  for (const auto& field : fields)
    json["fields"][std::string{field.name}] = status::for_json(field.value);
  json["not_told"] = not_told;
  return {
      json.dump(-1, ' ', /*ensure_ascii=*/true),
      {fmt::format("MILTERWARD_EVENT={}", row.name),
       fmt::format("MILTERWARD_LEVEL={}", level), fmt::format("MILTERWARD_TIME={}", stamp),
       fmt::format("MILTERWARD_HOST={}", host)}};
}

}  // namespace milterward::notify
