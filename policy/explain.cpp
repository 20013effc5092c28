// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/decide.h"
#include "policy/rules/facts_text.h"

namespace milterward {
namespace {

struct Stanza {
  int line = 0;
  std::map<std::string, std::string> fields;
};

Result<std::vector<Stanza>, ExplainFault> stanzas_of(std::string_view text) {
  std::vector<Stanza> stanzas;
  bool open = false;
  std::string* last = nullptr;
  int number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) continue;
    if (trim(line).empty()) {
      open = false;
      continue;
    }
    if (is_wsp(line.front())) {
      if (!open) return Unexpected{ExplainFault{number, "a continuation of nothing"}};
      (*last += ' ') += trim(line);
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return Unexpected{ExplainFault{number, "a line without a colon"}};
    if (!open) stanzas.push_back({number, {}});
    open = true;
    last = &stanzas.back().fields[std::string{trim(line.substr(0, colon))}];
    *last = trim(line.substr(colon + 1));
  }
  return stanzas;
}

Result<Explanation, ExplainFault> explain(const Stanza& stanza,
                                          const conf::Config& config) {
  const auto field = [&](const char* key) {
    const auto found = stanza.fields.find(key);
    return found == stanza.fields.end() ? std::string{} : found->second;
  };
  const auto fault = [&](std::string reason) {
    return Unexpected{ExplainFault{stanza.line, std::move(reason)}};
  };
  Explanation told;
  told.line = stanza.line;
  told.name = field("name");
  told.want = field("want");
  told.want_dmarc = field("dmarc");
  if (field("kind") == "sender") {
    const auto facts = rules::parse_sender_facts(field("facts"));
    if (!facts) return fault(facts.fault().reason);
    told.facts = rules::to_text(*facts);
    const auto decision = decide(*facts, config);
    told.verdict = decision.verdict;
    told.mode = decision.mode;
    return told;
  }
  if (field("kind") == "recipient") {
    const auto facts = rules::parse_recipient_facts(field("facts"));
    if (!facts) return fault(facts.fault().reason);
    told.facts = rules::to_text(*facts);
    const auto decision = decide(*facts, config);
    told.verdict = decision.verdict;
    told.mode = decision.mode;
    return told;
  }
  if (field("kind") != "message")
    return fault("kind is neither sender nor recipient nor message");
  const auto facts = rules::parse_message_facts(field("facts"));
  if (!facts) return fault(facts.fault().reason);
  told.facts = rules::to_text(*facts);
  const auto decision = decide(*facts, config);
  told.direction = fmt::format("{} ({})", to_text(decision.direction.direction),
                               decision.direction.rule);
  if (decision.direction.direction == rules::Direction::inbound) {
    told.judged = rules::judge_inbound(*facts, config);
    told.findings = rules::findings_of(*facts, *rules::join(told.judged).settings);
  }
  told.verdict = decision.verdict;
  told.mode = decision.mode;
  told.dmarc = decision.dmarc;
  return told;
}

std::string stanza(std::string_view name, std::string_view kind, const std::string& facts,
                   const Decision& decision) {
  const auto dmarc =
      decision.dmarc ? fmt::format("dmarc: {}\n", rules::to_text(*decision.dmarc)) : "";
  return fmt::format("name:  {}\nkind:  {}\nfacts: {}\nwant:  {}\n{}\n", name, kind, facts,
                     rules::to_text(decision.verdict), dmarc);
}

}  // namespace

bool Explanation::differs() const {
  const bool dmarc_differs =
      !want_dmarc.empty() && (!dmarc || want_dmarc != rules::to_text(*dmarc));
  return (!want.empty() && want != rules::to_text(verdict)) || dmarc_differs;
}

Result<std::vector<Explanation>, ExplainFault> explain_facts(std::string_view text,
                                                             const conf::Config& config) {
  const auto stanzas = stanzas_of(text);
  if (!stanzas) return Unexpected{stanzas.fault()};
  std::vector<Explanation> explanations;
  for (const auto& stanza : *stanzas) {
    auto told = explain(stanza, config);
    if (!told) return Unexpected{told.fault()};
    explanations.push_back(std::move(told).value());
  }
  return explanations;
}

std::string facts_stanza(std::string_view name, const rules::RecipientFacts& facts,
                         const Decision& decision) {
  return stanza(name, "recipient", rules::to_text(facts), decision);
}

std::string facts_stanza(std::string_view name, const rules::MessageFacts& facts,
                         const Decision& decision) {
  return stanza(name, "message", rules::to_text(facts), decision);
}

}  // namespace milterward
