// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/explain.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"
#include "policy/explain.h"

namespace milterward::commands {
namespace {

Result<std::string, std::string> read_facts(const std::string& path) {
  if (path != "-") return read_file(path);
  return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
}

std::string named(const std::string& policy) { return policy.empty() ? "default" : policy; }

nlohmann::ordered_json to_json(const Explanation& told) {
  nlohmann::ordered_json object;
  object["line"] = told.line;
  object["name"] = told.name;
  object["facts"] = told.facts;
  object["direction"] = told.direction;
  object["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : told.findings) {
    object["findings"].push_back({{"rule", finding.rule},
                                  {"action", to_text(finding.action)},
                                  {"reply", to_text(finding.reply)},
                                  {"because", finding.because}});
  }
  object["policies"] = nlohmann::ordered_json::array();
  for (const auto& one : told.judged)
    object["policies"].push_back({{"policy", named(one.policy)},
                                  {"mode", to_text(one.mode)},
                                  {"verdict", rules::to_text(one.verdict)}});
  object["verdict"] = rules::to_text(told.verdict);
  object["mode"] = to_text(told.mode);
  object["because"] = told.verdict.because;
  object["dmarc"] = told.dmarc ? rules::to_text(*told.dmarc) : "";
  object["want"] = told.want;
  object["want_dmarc"] = told.want_dmarc;
  object["differs"] = told.differs();
  return object;
}

std::string because(const std::string& reason) {
  return reason.empty() ? "" : fmt::format(" because {}", reason);
}

void print_text(const Explanation& told) {
  fmt::print("line {}: {}\n  facts:     {}\n", told.line, told.name, told.facts);
  if (!told.direction.empty()) fmt::print("  direction: {}\n", told.direction);
  for (const auto& finding : told.findings) {
    fmt::print("  finding:   {} {} {}{}\n", finding.rule, to_text(finding.action),
               to_text(finding.reply), because(finding.because));
  }
  if (told.judged.size() > 1)
    for (const auto& one : told.judged)
      fmt::print("  policy:    {} {}: {}\n", named(one.policy), to_text(one.mode),
                 rules::to_text(one.verdict));
  fmt::print("  verdict:   {}{}{}\n", rules::to_text(told.verdict),
             because(told.verdict.because),
             told.mode == Mode::monitor ? " (monitor: only logged)" : "");
  if (told.dmarc) fmt::print("  dmarc:     {}\n", rules::to_text(*told.dmarc));
  if (told.differs())
    fmt::print("  noted:     {}{}{}\n", told.want,
               told.want_dmarc.empty() ? "" : "; dmarc ", told.want_dmarc);
  fmt::print("\n");
}

}  // namespace

int explain(const std::string& facts_file, const std::string& config_file, Output output) {
  const auto config = read_config(config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  const auto text = read_facts(facts_file);
  if (!text) {
    fmt::print(stderr, "{}: {}\n", facts_file, text.fault());
    return failed;
  }
  const auto told = explain_facts(*text, *config);
  if (!told) {
    fmt::print(stderr, "{}:{}: {}\n", facts_file, told.fault().line, told.fault().reason);
    return failed;
  }
  bool any_differs = false;
  auto list = nlohmann::ordered_json::array();
  for (const auto& explanation : *told) {
    any_differs = any_differs || explanation.differs();
    if (output == Output::json) {
      list.push_back(to_json(explanation));
    } else {
      print_text(explanation);
    }
  }
  if (output == Output::json) {
    using Json = nlohmann::ordered_json;
    fmt::print("{}\n", list.dump(2, ' ', false, Json::error_handler_t::replace));
  }
  return any_differs ? failed : ok;
}

}  // namespace milterward::commands
