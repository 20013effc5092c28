// SPDX-License-Identifier: Apache-2.0
#include "conf/import/write.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/import/quotation.h"
#include "conf/keys.h"
#include "conf/load.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::importing {
namespace {

using conf::Shape;

constexpr std::size_t longest_line = 90;

std::string comment(std::string_view text) { return fmt::format("# {}\n", text); }

std::string comments(const std::vector<Origin>& origins) {
  std::string out;
  std::vector<std::string> lines;
  for (const auto& origin : origins) {
    const auto line = origin.line == 0
                          ? origin.said
                          : fmt::format("{}:{}: {}", origin.file, origin.line, origin.said);
    if (std::ranges::find(lines, line) != lines.end()) continue;
    lines.push_back(line);
    out += comment(quotation(line, 400));
  }
  return out;
}

std::string list(const std::vector<std::string>& items) {
  std::string line = "[", out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto item = toml_text(items[i]) + (i + 1 < items.size() ? ", " : "");
    if (line.size() + item.size() > longest_line) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = "  ";
    }
    line += item;
  }
  return out + line + "]";
}

std::string written(Shape shape, const Value& value) {
  switch (shape) {
    case Shape::text:
      return toml_text(value.texts.front());
    case Shape::truth:
    case Shape::integer:
      return value.texts.front();
    case Shape::list:
      return list(value.texts);
  }
  unreachable();
}

template <class Owner>
Shape shape_of(const conf::Key<Owner>& key) {
  Owner scratch{};
  return conf::shape_of(key.field(scratch));
}

std::string section_of(const Draft& draft, const conf::Section& section) {
  std::string out;
  for (const auto& key : conf::keys()) {
    if (key.table() != section.name) continue;
    const auto found = draft.values().find(std::string{key.name});
    if (found == draft.values().end()) continue;
    out +=
        comments(found->second.origins) +
        fmt::format("{} = {}\n", key.short_name(), written(shape_of(key), found->second));
  }
  return out.empty() ? out : fmt::format("\n[{}]\n", section.name) + out;
}

template <class Owner>
std::string rows_of(const Draft& draft, const conf::Repeated<Owner>& table) {
  std::string out;
  for (const auto& row : draft.rows()) {
    if (row.table != table.name) continue;
    out += "\n" + comments(row.origins) + fmt::format("[[{}]]\n", table.name);
    for (const auto& key : table.keys) {
      const auto found = row.values.find(std::string{key.short_name()});
      if (found != row.values.end())
        out += fmt::format("{} = {}\n", key.short_name(),
                           written(shape_of(key), found->second));
    }
  }
  return out;
}

}  // namespace

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += std::string{'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string to_toml(const Draft& draft, std::string_view head) {
  std::string out;
  for (const auto line : split(head, '\n')) out += comment(line);
  for (const auto& section : conf::sections()) {
    out += section_of(draft, section);
    conf::for_each_repeated([&](const auto& table) {
      if (table.after == section.name) out += rows_of(draft, table);
    });
  }
  return out;
}

std::optional<std::string> refusal_of(const std::string& key, const std::string& text) {
  Draft alone;
  if (key.starts_with("sign.key.")) {
    Row row{"sign.key", {}, {}, false};
    row.set("domain", "example.org");
    row.set("selector", "s");
    row.set("file", "/key");
    row.set(key.substr(key.rfind('.') + 1), text);
    alone.rows().push_back(std::move(row));
  } else {
    alone.add(key, text, {});
  }
  return refusal_of(alone);
}

std::optional<std::string> refusal_of(const Draft& draft) {
  const auto config = conf::load_config(to_toml(draft, ""), "");
  if (config) return std::nullopt;
  const auto& problem = config.fault().front();
  return problem.way_out.empty() ? problem.wrong
                                 : fmt::format("{}; {}", problem.wrong, problem.way_out);
}

}  // namespace milterward::importing
