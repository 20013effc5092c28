// SPDX-License-Identifier: Apache-2.0
// The key table walks the parsed file. toml++ is built into this file, without exceptions
// and from its headers, so that no exception starts here and sanitizers and fuzzers see it.
#include "conf/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "conf/checks.h"
#include "conf/keys.h"
#include "conf/nearest.h"
#include "conf/values.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace milterward::conf {
namespace {

struct Place {
  unsigned line = 0;
  unsigned column = 0;
};

Place place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

std::string_view name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a truth value";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  unreachable();
}

std::string_view name_of(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "a text in quotes";
    case Shape::integer:
      return "a whole number";
    case Shape::list:
      return "a list in brackets";
  }
  unreachable();
}

/// "sign.key[2].selector" -> "sign.key.selector"
std::string without_indexes(std::string_view place) {
  std::string name;
  bool inside = false;
  for (const char c : place) {
    if (c == '[') inside = true;
    if (!inside) name += c;
    if (c == ']') inside = false;
  }
  return name;
}

template <class Owner>
std::string way_to_write(const Key<Owner>& key, const Slot& slot) {
  return fmt::format("write for example {} = {}", key.short_name(),
                     as_toml(slot, key.example.empty() ? key.fallback : key.example));
}

/// All names a file may hold: keys, and the tables around them.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const auto& key : keys()) names.emplace_back(key.name);
  for (const auto& section : sections()) names.emplace_back(section.name);
  for_each_repeated([&](const auto& table) {
    names.emplace_back(table.name);
    for (const auto& key : table.keys) names.emplace_back(key.name);
  });
  return names;
}

class Loader {
 public:
  explicit Loader(std::string_view file) : file_(file), known_(known_names()) {
    set_fallbacks(config_, keys());
  }

  Result<Config, std::vector<ConfigProblem>> load(const toml::table& root) {
    read_tables(root, "");
    report_checks();
    if (!problems_.empty()) return Unexpected{in_order(std::move(problems_))};
    config_.warnings = in_order(std::move(warnings_));
    return std::move(config_);
  }

 private:
  void read_tables(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const auto path = (prefix.empty() ? "" : prefix + ".") + std::string{name.str()};
      if (name.str().find('.') != std::string_view::npos)  // "dns.timeout" in quotes
        report_unknown(place_of(name.source()), path);
      else if (is_repeated(path))
        for_each_repeated([&, &value = node](const auto& rows) {
          if (rows.name == path) read_rows(rows, value);
        });
      else if (const auto* key = find(keys(), path))
        read_value(*key, config_, node, path);
      else if (is_section(path))
        read_section(node, path);
      else
        report_unknown(place_of(name.source()), path);
    }
  }

  void read_section(const toml::node& node, const std::string& path) {
    places_[path] = place_of(node.source());
    if (const auto* table = node.as_table())
      read_tables(*table, path);
    else
      report(path, fmt::format("is {}, not a table", name_of(node.type())),
             fmt::format("write its keys below a line [{}]", path));
  }

  template <class Row>
  void read_rows(const Repeated<Row>& table, const toml::node& node) {
    const std::string path{table.name};
    places_[path] = place_of(node.source());
    const auto* rows = node.as_array();
    if (!rows || !std::all_of(rows->begin(), rows->end(),
                              [](const toml::node& row) { return row.is_table(); })) {
      report(path, fmt::format("is {}, not a table that repeats", name_of(node.type())),
             fmt::format("write [[{}]] above each", path));
      return;
    }
    for (std::size_t i = 0; i < rows->size(); ++i)
      table.rows(config_).push_back(
          read_row(table, *rows->get(i)->as_table(), fmt::format("{}[{}]", path, i)));
  }

  template <class Row>
  Row read_row(const Repeated<Row>& table, const toml::table& fields,
               const std::string& place) {
    places_[place] = place_of(fields.source());
    Row row{};
    set_fallbacks(row, table.keys);
    for (const auto& [name, node] : fields) {
      const auto path = fmt::format("{}.{}", table.name, name.str());
      if (const auto* key = find(table.keys, path))
        read_value(*key, row, node, fmt::format("{}.{}", place, name.str()));
      else
        report_unknown(place_of(name.source()), path);
    }
    for (const auto& key : table.keys)
      if (key.need == Need::required && !fields.contains(key.short_name()))
        report(fmt::format("{}.{}", place, key.short_name()), "is missing",
               way_to_write(key, key.field(row)));
    return row;
  }

  template <class Owner>
  void read_value(const Key<Owner>& key, Owner& owner, const toml::node& node,
                  const std::string& place) {
    places_[place] = place_of(node.source());
    const Slot slot = key.field(owner);
    const auto shape = shape_of(slot);
    if (shape == Shape::text && node.is_string()) {
      if (const auto complaint = set_text(slot, node.as_string()->get(), key.bounds))
        report(place, complaint->wrong, complaint->way_out);
    } else if (shape == Shape::integer && node.is_integer()) {
      if (const auto complaint = set_integer(slot, node.as_integer()->get(), key.bounds))
        report(place, complaint->wrong, complaint->way_out);
    } else if (shape == Shape::list && node.is_array()) {
      read_list(key, slot, *node.as_array(), place);
    } else {
      report(place, fmt::format("is {}, not {}", name_of(node.type()), name_of(shape)),
             way_to_write(key, slot));
    }
  }

  template <class Owner>
  void read_list(const Key<Owner>& key, const Slot& slot, const toml::array& list,
                 const std::string& place) {
    std::vector<std::string> texts;
    std::vector<Place> at;
    const auto complain = [&](Place where, std::string wrong, std::string way_out) {
      problems_.push_back({std::string{file_}, where.line, where.column,
                           std::string{key.name}, std::move(wrong), std::move(way_out)});
      broken_.push_back(place);
    };
    for (const auto& item : list) {
      if (item.is_string()) {
        texts.push_back(item.as_string()->get());
        at.push_back(place_of(item.source()));
      } else {
        complain(place_of(item.source()),
                 fmt::format("holds {}, not a text in quotes", name_of(item.type())),
                 way_to_write(key, slot));
      }
    }
    auto complaints = set_list(slot, texts, key.bounds);
    for (const auto& [index, complaint] : complaints)
      complain(at[index], complaint.wrong, complaint.way_out);
    // Indexes are those of the list in Config, where bad items are missing.
    std::size_t good = 0;
    for (std::size_t i = 0; i < at.size(); ++i)
      if (std::none_of(complaints.begin(), complaints.end(),
                       [i](const auto& bad) { return bad.first == i; }))
        places_[fmt::format("{}[{}]", place, good++)] = at[i];
  }

  /// Doubts about what is reported as broken already would only confuse.
  void report_checks() {
    for (const auto& finding : check(config_)) {
      if (is_broken(finding.place)) continue;
      auto& list = finding.severity == Severity::error ? problems_ : warnings_;
      list.push_back(problem_at(finding.place, finding.wrong, finding.way_out));
    }
  }

  bool is_broken(const std::string& place) const {
    const auto row = place.substr(0, place.find(']') + 1);
    return std::any_of(broken_.begin(), broken_.end(), [&](const std::string& broken) {
      return broken.starts_with(row.empty() ? place : row);
    });
  }

  void report(const std::string& place, std::string wrong, std::string way_out) {
    problems_.push_back(problem_at(place, std::move(wrong), std::move(way_out)));
    broken_.push_back(place);
  }

  void report_unknown(Place at, const std::string& path) {
    std::string names;
    for (const auto& name : nearest(path, known_))
      names += (names.empty() ? "did you mean " : " or ") + name;
    problems_.push_back({std::string{file_}, at.line, at.column, printable(path, 80),
                         "no such key", names.empty() ? "remove it" : names + "?"});
  }

  /// At `place`, or at the nearest thing around it that stands in the file.
  ConfigProblem problem_at(const std::string& place, std::string wrong,
                           std::string way_out) const {
    Place at;
    for (std::string around = place; !around.empty();
         around.resize(std::min(around.find_last_of(".["), around.size()))) {
      const auto found = places_.find(around);
      if (found != places_.end()) {
        at = found->second;
        break;
      }
      if (around.find_last_of(".[") == std::string::npos) break;
    }
    return {std::string{file_},     at.line,          at.column,
            without_indexes(place), std::move(wrong), std::move(way_out)};
  }

  static std::vector<ConfigProblem> in_order(std::vector<ConfigProblem> problems) {
    std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
      return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return problems;
  }

  template <class Owner>
  static const Key<Owner>* find(std::span<const Key<Owner>> rows, std::string_view name) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const auto& key) { return key.name == name; });
    return found == rows.end() ? nullptr : &*found;
  }

  static bool is_repeated(std::string_view path) {
    bool found = false;
    for_each_repeated([&](const auto& table) { found = found || table.name == path; });
    return found;
  }

  static bool is_section(std::string_view path) {
    return std::any_of(sections().begin(), sections().end(),
                       [&](const Section& section) { return section.name == path; });
  }

  std::string_view file_;
  std::vector<std::string> known_;
  Config config_;
  std::map<std::string, Place> places_;  // of everything the file says
  std::vector<std::string> broken_;      // places with a problem
  std::vector<ConfigProblem> problems_;
  std::vector<ConfigProblem> warnings_;
};

}  // namespace

Result<Config, std::vector<ConfigProblem>> load_config(std::string_view text,
                                                       std::string_view file_name) {
  const auto parsed = toml::parse(text, file_name);
  if (!parsed) {
    const auto at = place_of(parsed.error().source());
    return Unexpected{std::vector<ConfigProblem>{
        {std::string{file_name}, at.line, at.column, "",
         fmt::format("not TOML: {}", printable(parsed.error().description(), 200)),
         "mend this first, the rest is checked then"}}};
  }
  return Loader{file_name}.load(parsed.table());
}

}  // namespace milterward::conf
