// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/spf_suite.h"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <stdexcept>

namespace milterward::suites {
namespace {

using ports::DnsFault;
using ports::DnsType;

std::optional<DnsFault> fault_named(const std::string& word) {
  if (word == "TIMEOUT") return DnsFault::timed_out;
  if (word == "SERVFAIL") return DnsFault::server_failure;
  if (word == "BOGUS") return DnsFault::bogus;
  return std::nullopt;
}

std::optional<DnsType> type_named(const std::string& word) {
  for (const auto type :
       {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ns, DnsType::ptr, DnsType::txt})
    if (word == ports::to_text(type)) return type;
  return std::nullopt;
}

std::string text_of(const YAML::Node& node) {
  if (!node.IsSequence()) return node.as<std::string>("");
  std::string joined;
  for (const auto& part : node) joined += part.as<std::string>("");
  return joined;
}

void add_record(SpfZone& zone, const std::string& name, const std::string& type,
                const YAML::Node& value) {
  const auto known = type_named(type);
  if (type == "CNAME") {
    zone.add_alias(name, value.as<std::string>());
  } else if (!known) {
    throw std::runtime_error("record of unknown type " + type + " at " + name);
  } else if (value.IsScalar() && fault_named(value.Scalar())) {
    zone.fail(name, *known, *fault_named(value.Scalar()));
  } else {
    switch (*known) {
      case DnsType::a:
      case DnsType::aaaa:
        zone.add_address(name, value.as<std::string>());
        break;
      case DnsType::mx:
        zone.add_exchange(name, value[0].as<std::uint16_t>(), value[1].as<std::string>(""));
        break;
      case DnsType::ns:
      case DnsType::cname:
      case DnsType::ptr:
        zone.add_name_record(name, *known, value.as<std::string>());
        break;
      case DnsType::txt:
        zone.add_text(name, text_of(value));
        break;
    }
  }
}

void add_name(SpfZone& zone, const std::string& name, const YAML::Node& entries) {
  zone.add_name(name);
  std::vector<std::string> spf_texts;
  bool has_own_txt = false;
  for (const auto& entry : entries) {
    if (entry.IsScalar()) {
      const auto fault = fault_named(entry.Scalar());
      if (!fault) throw std::runtime_error("no record: " + entry.Scalar() + " at " + name);
      zone.fail(name, *fault);
      continue;
    }
    for (const auto& record : entry) {
      const auto type = record.first.as<std::string>();
      if (type == "SPF") {
        if (!(record.second.IsScalar() && fault_named(record.second.Scalar())))
          spf_texts.push_back(text_of(record.second));
        continue;
      }
      has_own_txt = has_own_txt || type == "TXT";
      const bool is_none = record.second.IsScalar() && record.second.Scalar() == "NONE";
      if (!is_none) add_record(zone, name, type, record.second);
    }
  }
  if (!has_own_txt)
    for (auto& text : spf_texts) zone.add_text(name, std::move(text));
}

SpfCase case_of(const std::string& name, const YAML::Node& node) {
  SpfCase c;
  c.name = name;
  c.query.client = IpAddress::parse(node["host"].as<std::string>()).value();
  c.query.helo = node["helo"].as<std::string>("");
  const auto sender = node["mailfrom"].as<std::string>("");
  if (sender.empty()) {  // RFC 7208 section 2.4
    c.query.sender_local = "postmaster";
    c.query.sender_domain = c.query.helo;
  } else if (const auto at = sender.rfind('@'); at != std::string::npos) {
    c.query.sender_local = sender.substr(0, at);
    c.query.sender_domain = sender.substr(at + 1);
  } else {
    c.query.sender_domain = sender;
  }
  const auto result = node["result"];
  if (result.IsSequence())
    c.results = result.as<std::vector<std::string>>();
  else
    c.results = {result.as<std::string>()};
  if (const auto explanation = node["explanation"]) {
    c.has_explanation = true;
    c.explanation = explanation.as<std::string>();
    if (c.explanation == "DEFAULT") c.explanation.clear();
  }
  return c;
}

}  // namespace

std::vector<SpfScenario> read_spf_suite(const std::string& path) {
  std::vector<SpfScenario> scenarios;
  for (const auto& document : YAML::LoadAllFromFile(path)) {
    if (!document.IsMap()) continue;
    SpfScenario scenario;
    scenario.description = document["description"].as<std::string>("");
    for (const auto& test : document["tests"])
      scenario.cases.push_back(case_of(test.first.as<std::string>(), test.second));
    for (const auto& name : document["zonedata"])
      add_name(scenario.zone, name.first.as<std::string>(), name.second);
    scenarios.push_back(std::move(scenario));
  }
  if (scenarios.empty()) throw std::runtime_error(path + ": no test in it");
  return scenarios;
}

}  // namespace milterward::suites
