// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/arc_suite.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string_view>

#include "policy/base/ascii.h"

namespace milterward::suites {
namespace {

/// Lines ending in LF; a line beginning with white space continues a header field.
void read_message(std::string_view text, ArcCase& c) {
  bool in_body = false;
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const auto line : lines) {
    if (in_body) {
      c.body += std::string{line} + "\r\n";
    } else if (line.empty()) {
      in_body = true;
    } else if (is_wsp(line.front()) && !c.headers.empty()) {
      c.headers.back().value += "\r\n" + std::string{line};
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      c.headers.push_back(
          {std::string{line.substr(0, colon)}, std::string{line.substr(colon + 1)}});
    } else {
      throw std::runtime_error(c.name +
                               ": neither a field nor a fold: " + std::string{line});
    }
  }
}

std::string text_of(const YAML::Node& node, const char* key) {
  return node[key].as<std::string>("");
}

ArcCase validating(const std::string& name, const YAML::Node& node) {
  ArcCase c;
  c.name = name;
  read_message(text_of(node, "message"), c);
  c.status = to_lower(text_of(node, "cv"));
  if (c.status.empty()) c.status = "fail";
  return c;
}

ArcCase sealing(const std::string& name, const YAML::Node& node) {
  ArcCase c;
  c.name = name;
  read_message(text_of(node, "message"), c);
  c.sealed_at = WallTime{std::chrono::seconds{node["t"].as<long>()}};
  c.signed_names = text_of(node, "sig-headers");
  c.authserv_id = text_of(node, "srv-id");
  c.results = trim(text_of(node, "AAR"));
  c.message_signature = trim(text_of(node, "AMS"));
  c.seal = trim(text_of(node, "AS"));
  return c;
}

template <class ReadCase>
std::vector<ArcScenario> read_suite(const std::string& path, ReadCase read_case) {
  std::vector<ArcScenario> scenarios;
  for (const auto& document : YAML::LoadAllFromFile(path)) {
    if (!document.IsMap() || !document["tests"]) continue;
    ArcScenario scenario;
    scenario.description = text_of(document, "description");
    for (const auto& test : document["tests"])
      scenario.cases.push_back(read_case(test.first.as<std::string>(), test.second));
    for (const auto& record : document["txt-records"]) {
      auto text = record.second.as<std::string>("");
      std::ranges::replace(text, '\n', ' ');
      scenario.zone.add_text(record.first.as<std::string>(), text);
    }
    scenario.domain = text_of(document, "domain");
    scenario.selector = text_of(document, "sel");
    scenario.key = text_of(document, "privatekey");
    scenarios.push_back(std::move(scenario));
  }
  if (scenarios.empty()) throw std::runtime_error(path + ": no test in it");
  return scenarios;
}

}  // namespace

std::vector<ArcScenario> read_arc_validation_suite(const std::string& path) {
  return read_suite(path, validating);
}

std::vector<ArcScenario> read_arc_signing_suite(const std::string& path) {
  return read_suite(path, sealing);
}

}  // namespace milterward::suites
