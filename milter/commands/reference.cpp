// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "conf/reference.h"
#include "milter/commands/exit_codes.h"
#include "policy/base/events.h"

namespace milterward::commands {
namespace {

struct Topic {
  std::string_view name;
  std::string (*text)();
};

constexpr std::array topics = std::to_array<Topic>({
    {"sample", &conf::sample},
    {"manual", &conf::manual},
    {"events", &conf::events_manual},
});

}  // namespace

std::vector<std::string> reference_topics() {
  std::vector<std::string> names;
  for (const auto& topic : topics) names.emplace_back(topic.name);
  return names;
}

int config_reference(const std::string& topic) {
  const auto found = std::ranges::find(topics, topic, &Topic::name);
  if (found == topics.end()) return wrong_usage;
  fmt::print("{}", found->text());
  return ok;
}

int list_events() {
  for (const auto& row : event_rows()) {
    fmt::print("{}\n  level:  {}\n  fields: {}\n  {}\n", row.name, to_text(row.level),
               row.fields, row.help);
  }
  return ok;
}

}  // namespace milterward::commands
