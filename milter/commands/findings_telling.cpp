// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/findings_telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "milter/commands/by_hand.h"
#include "milter/commands/doctor.h"
#include "milter/commands/exit_codes.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::commands {
namespace {

using doctor::Findings;
using doctor::Severity;
using Json = nlohmann::ordered_json;

constexpr std::size_t columns = 92;

std::string_view label_of(Severity severity) {
  switch (severity) {
    case Severity::fault:
      return "FAULT";
    case Severity::unknown:
      return "NOT CHECKED";
    case Severity::advice:
      return "ADVICE";
  }
  unreachable();
}

std::string_view word_of(int code) {
  if (code == has_faults) return "faulty";
  return code == is_not_known ? "unknown" : "healthy";
}

/// "2 faults, 1 not checked, 1 piece of advice"; "healthy" with none of the first two.
std::string summary_of(const Findings& findings) {
  const auto faults = count(findings, Severity::fault);
  const auto unknown = count(findings, Severity::unknown);
  const auto advice = count(findings, Severity::advice);
  std::string text;
  const auto add = [&](std::string part) {
    text += (text.empty() ? "" : ", ") + std::move(part);
  };
  if (faults > 0) add(fmt::format("{} fault{}", faults, faults == 1 ? "" : "s"));
  if (unknown > 0) add(fmt::format("{} could not be checked", unknown));
  if (text.empty()) add("healthy");
  if (advice > 0) add(fmt::format("{} piece{} of advice", advice, advice == 1 ? "" : "s"));
  return text;
}

/// Words of a sentence over lines, each behind the margin.
void print_wrapped(std::string_view margin, const std::string& sentence) {
  std::string line{margin};
  bool is_empty = true;
  for (const auto word : split(sentence, ' ')) {
    if (!is_empty && line.size() + 1 + word.size() > columns) {
      fmt::print("{}\n", line);
      line.assign(margin.size(), ' ');
      is_empty = true;
    }
    line += (is_empty ? "" : " ") + std::string{word};
    is_empty = false;
  }
  fmt::print("{}\n", line);
}

void print_finding(const doctor::Finding& finding) {
  fmt::print("\n{}  {}\n", label_of(finding.kind->severity), finding.kind->name);
  print_wrapped("  what:    ", shown(finding.what));
  print_wrapped("  why:     ", std::string{finding.kind->why});
  for (const auto& record : finding.publish)
    fmt::print("  publish: {}\n", zone_line(record));
  for (const auto& line : finding.write) fmt::print("  write:   {}\n", shown(line));
  if (!finding.cure.empty()) print_wrapped("  do:      ", shown(finding.cure));
}

Json to_json(const doctor::Finding& finding) {
  Json object{{"kind", finding.kind->name},
              {"subject", finding.kind->subject()},
              {"severity", to_text(finding.kind->severity)},
              {"what", finding.what},
              {"why", finding.kind->why},
              {"do", finding.cure},
              {"write", finding.write}};
  object["publish"] = Json::array();
  for (const auto& record : finding.publish)
    object["publish"].push_back({{"name", record.name},
                                 {"type", ports::to_text(record.type)},
                                 {"data", record.data},
                                 {"zone_line", zone_line(record)}});
  return object;
}

}  // namespace

int code_of(const Findings& findings) {
  if (count(findings, Severity::fault) > 0) return has_faults;
  return count(findings, Severity::unknown) > 0 ? is_not_known : ok;
}

void tell(const std::string& patient, Findings findings, Output output) {
  std::ranges::stable_sort(
      findings, {}, [](const doctor::Finding& finding) { return finding.kind->severity; });
  if (output == Output::text) {
    fmt::print("{}: {}\n", patient, summary_of(findings));
    for (const auto& finding : findings) print_finding(finding);
    return;
  }
  Json object{{"patient", patient}, {"verdict", word_of(code_of(findings))}};
  for (const auto severity : {Severity::fault, Severity::unknown, Severity::advice})
    object["counts"][std::string{to_text(severity)}] = count(findings, severity);
  object["findings"] = Json::array();
  for (const auto& finding : findings) object["findings"].push_back(to_json(finding));
  fmt::print("{}\n",
             object.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace));
}

}  // namespace milterward::commands
