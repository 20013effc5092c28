// SPDX-License-Identifier: Apache-2.0
#include "conf/reference.h"

#include <fmt/format.h>

#include <string_view>

#include "conf/keys.h"
#include "conf/roff.h"
#include "conf/values.h"
#include "policy/base/ascii.h"
#include "policy/base/events.h"

namespace milterward::conf {
namespace {

constexpr std::size_t sample_width = 78;

/// `text` as comment lines.
std::string comment(std::string_view text) {
  std::string out;
  std::string line = "#";
  for (const auto word : split(text, ' ')) {
    if (line.size() + 1 + word.size() > sample_width) {
      out += line + "\n";
      line = "#";
    }
    line += " ";
    line += word;
  }
  return out + line + "\n";
}

/// A throw-away owner, only to learn the type of a key's place.
template <class Owner>
Slot slot_of(const Key<Owner>& key, Owner& scratch) {
  return key.field(scratch);
}

template <class Owner>
std::string type_of(const Key<Owner>& key) {
  Owner scratch{};
  return describe(slot_of(key, scratch), key.bounds);
}

template <class Owner>
std::string written(const Key<Owner>& key, std::string_view value) {
  Owner scratch{};
  return as_toml(slot_of(key, scratch), value);
}

template <class Row>
std::string sample_of(const Repeated<Row>& table) {
  std::string out = "\n" + comment(table.help) + fmt::format("#[[{}]]\n", table.name);
  for (const auto& key : table.keys)
    out += comment(fmt::format("{} ({})", key.help, type_of(key))) +
           fmt::format("#{} = {}\n", key.short_name(), written(key, key.example));
  return out;
}

std::string sample_of(const Key<Config>& key) {
  std::string out = "\n" + comment(fmt::format("{} ({})", key.help, type_of(key)));
  if (!key.example.empty())
    out += comment(
        fmt::format("Example: {} = {}", key.short_name(), written(key, key.example)));
  return out + fmt::format("#{} = {}\n", key.short_name(), written(key, key.fallback));
}

template <class Row>
std::string manual_of(const Repeated<Row>& table) {
  std::string out =
      roff::subsection(fmt::format("[[{}]]", table.name)) + roff::paragraph(table.help);
  for (const auto& key : table.keys) {
    const auto value =
        written(key, key.need == Need::required ? key.example : key.fallback);
    out +=
        roff::item(fmt::format("{} = {}", key.name, value),
                   fmt::format("{} ({}; {}; since {})", key.help, type_of(key),
                               key.need == Need::required ? "required" : "may be left out",
                               key.since));
  }
  return out;
}

std::string manual_of(const Key<Config>& key) {
  std::string text = fmt::format("{} ({}; since {})", key.help, type_of(key), key.since);
  if (!key.example.empty()) text += fmt::format(" Example: {}", written(key, key.example));
  return roff::item(fmt::format("{} = {}", key.name, written(key, key.fallback)), text);
}

/// Does the key say what becomes of mail?
bool is_policy(const Key<Config>& key) {
  Config scratch;
  const Slot slot = key.field(scratch);
  return std::holds_alternative<Mode*>(slot) || std::holds_alternative<Action*>(slot) ||
         std::holds_alternative<Quarantine*>(slot) ||
         std::holds_alternative<DmarcReject*>(slot) ||
         std::holds_alternative<OnMissingKey*>(slot) ||
         std::holds_alternative<IdentityMode*>(slot);
}

std::string table_of_defaults() {
  roff::Table table{"Key", "Default", "Finding or area"};
  for (const auto& section : sections())
    for (const auto& key : keys())
      if (key.table() == section.name && is_policy(key))
        table.row(key.name, key.fallback, key.help);
  return table.text();
}

}  // namespace

std::string sample() {
  std::string out =
      "# Milterward: sample configuration.\n"
      "# Every key stands here with its default, commented out; what you leave out keeps\n"
      "# it. \"milterward check-config FILE\" says what is wrong with a file, \"kill "
      "-HUP\"\n"
      "# makes the daemon read it again. milterward.toml(5) is the manual.\n"
      "# Printed by \"milterward config-reference sample\".\n";
  for (const auto& section : sections()) {
    out += "\n\n" + comment(section.help) + fmt::format("[{}]\n", section.name);
    for (const auto& key : keys())
      if (key.table() == section.name) out += sample_of(key);
    for_each_repeated([&](const auto& table) {
      if (table.after == section.name) out += sample_of(table);
    });
  }
  return out;
}

std::string manual() {
  std::string out = roff::head("MILTERWARD.TOML", 5, "config-reference manual");
  out += roff::section("Name");
  out += "milterward.toml \\- configuration of milterward(8)\n";
  out += roff::section("Description");
  out += roff::paragraph(
      "One TOML file, by default /etc/milterward/milterward.toml. Every key has a default; "
      "an empty file is a valid configuration that watches and refuses nothing. A key that "
      "is unknown, of the wrong type or out of range is an error: milterward check-config "
      "names all of them at once with line and column, the daemon does not start with one "
      "(exit status 78), and a reload keeps the configuration in force.");
  out += roff::paragraph(
      "Durations are texts with a unit: \"100ms\", \"5s\", \"10m\", \"2h\". Domains may be "
      "written with U-labels. Networks have no bits set behind their prefix.");
  out += roff::section("Installed defaults");
  out += roff::paragraph("What becomes of mail while nothing is configured:");
  out += table_of_defaults();
  out += roff::section("Keys");
  for (const auto& section : sections()) {
    out += roff::subsection(fmt::format("[{}]", section.name));
    out += roff::paragraph(section.help);
    for (const auto& key : keys())
      if (key.table() == section.name) out += manual_of(key);
    for_each_repeated([&](const auto& table) {
      if (table.after == section.name) out += manual_of(table);
    });
  }
  out += roff::section("See also");
  out += roff::paragraph("milterward(8), milterward-events(7)");
  return out;
}

std::string events_manual() {
  std::string out = roff::head("MILTERWARD-EVENTS", 7, "config-reference events");
  out += roff::section("Name");
  out += "milterward-events \\- log events of milterward(8)\n";
  out += roff::section("Description");
  out += roff::paragraph(
      "Every log line is one event: its name in the field \"event\", then its fields. A "
      "field without a value is left out. Text that came from the network is escaped. "
      "log.target, log.format and log.level say where lines go, what they look like and "
      "which are written; see milterward.toml(5).");
  out += roff::section("Events");
  for (const auto& row : event_rows())
    out += roff::item(row.name, fmt::format("{} Level {}. Fields: {}.", row.help,
                                            to_text(row.level), row.fields));
  out += roff::section("See also");
  out += roff::paragraph("milterward(8), milterward.toml(5)");
  return out;
}

}  // namespace milterward::conf
