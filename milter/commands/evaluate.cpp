// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <ranges>

#include "milter/commands/exit_codes.h"
#include "milter/commands/hand_in.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/explain.h"
#include "policy/mail/received.h"
#include "policy/rules/facts_text.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using rules::HeaderEdit;

/// What the engines found, in their own words; the facts of a message keep less.
struct Found {
  std::vector<std::pair<ports::SpfIdentity, ports::SpfFinding>> spf;
  std::vector<ports::DkimFinding> dkim;
  std::vector<std::string> stanzas;
};

class HeardSpf final : public ports::SpfChecker {
 public:
  HeardSpf(std::shared_ptr<const ports::SpfChecker> engine, Found& found)
      : engine_(std::move(engine)), found_(found) {}
  ports::SpfFinding check(const ports::SpfQuery& query, ports::Resolver& dns,
                          Deadline deadline) const override {
    auto finding = engine_->check(query, dns, deadline);
    found_.spf.emplace_back(query.identity, finding);
    return finding;
  }

 private:
  std::shared_ptr<const ports::SpfChecker> engine_;
  Found& found_;
};

class HeardDkim final : public ports::DkimVerifier {
 public:
  HeardDkim(std::shared_ptr<const ports::DkimVerifier> engine, Found& found)
      : engine_(std::move(engine)), found_(found) {}
  std::unique_ptr<ports::DkimVerification> begin(const RawHeaders& headers,
                                                 ports::Resolver& dns,
                                                 const Clock& clock) const override {
    return std::make_unique<Verification>(engine_->begin(headers, dns, clock), found_);
  }

 private:
  class Verification final : public ports::DkimVerification {
   public:
    Verification(std::unique_ptr<ports::DkimVerification> engine, Found& found)
        : verification_(std::move(engine)), found_(found) {}
    void body(std::string_view chunk) override { verification_->body(chunk); }
    std::vector<ports::DkimFinding> finish(Deadline deadline) override {
      found_.dkim = verification_->finish(deadline);
      return found_.dkim;
    }

   private:
    std::unique_ptr<ports::DkimVerification> verification_;
    Found& found_;
  };

  std::shared_ptr<const ports::DkimVerifier> engine_;
  Found& found_;
};

class HeardFacts final : public ports::FactsLog {
 public:
  explicit HeardFacts(Found& found) : found_(found) {}
  void append(std::string_view stanza) noexcept override {
    found_.stanzas.emplace_back(stanza);
  }

 private:
  Found& found_;
};

/// The address in the topmost Return-Path, which the delivering host writes.
std::string return_path(const RawHeaders& headers) {
  const auto fields = fields_named(headers, "Return-Path");
  if (fields.empty()) return {};
  const auto line = unfolded(fields.front()->value);
  const auto begin = line.find('<');
  const auto end = line.rfind('>');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  return line.substr(begin + 1, end - begin - 1);
}

std::string without_brackets(std::string_view address) {
  if (address.starts_with('<') && address.ends_with('>') && address.size() > 1)
    address = address.substr(1, address.size() - 2);
  return std::string{address};
}

/// Who hands the message in, or why nobody can be named.
Result<Envelope, std::string> envelope_of(const EvaluateArguments& arguments,
                                          const RawHeaders& headers) {
  Envelope envelope;
  envelope.helo = arguments.helo;
  envelope.login = arguments.login;
  envelope.sender =
      without_brackets(arguments.sender ? *arguments.sender : return_path(headers));
  for (const auto& recipient : arguments.recipients)
    envelope.recipients.push_back(without_brackets(recipient));
  if (!arguments.ip.empty()) {
    const auto client = IpAddress::parse(arguments.ip);
    if (!client)
      return Unexpected{fmt::format("--ip {}: not an IP address", shown(arguments.ip))};
    envelope.client = *client;
    return envelope;
  }
  if (!arguments.login.empty()) {
    envelope.client = IpAddress::v4({127, 0, 0, 1});
    return envelope;
  }
  const auto client = upstream_client_of(headers);
  if (!client)
    return Unexpected{fmt::format("which client does it come from? Give --ip ({})",
                                  to_text(client.fault()))};
  envelope.client = client->address;
  if (envelope.helo.empty()) envelope.helo = client->helo;
  return envelope;
}

/// A recipient that was refused, or would have been where the mode is monitor.
struct Refused {
  rules::Verdict verdict;
  Mode mode = Mode::enforce;
};

struct Evaluation {
  const Envelope& envelope;
  const Heard& heard;
  const Found& found;
  std::map<std::string, Refused> refused;
  Explanation told;
  rules::MessageFacts facts;
};

/// The stanzas a connection wrote: refused recipients first, the message last.
Evaluation evaluation_of(const Envelope& envelope, const Heard& heard, const Found& found,
                         const conf::Config& config) {
  Evaluation evaluation{envelope, heard, found, {}, {}, {}};
  for (const auto& stanza : found.stanzas) {
    auto told = explain_facts(stanza, config).value();
    if (told.back().direction.empty()) {  // only a message has one
      const auto facts = rules::parse_recipient_facts(told.back().facts).value();
      evaluation.refused[facts.recipient] = {told.back().verdict, told.back().mode};
      continue;
    }
    evaluation.facts = rules::parse_message_facts(told.back().facts).value();
    evaluation.told = std::move(told.back());
  }
  return evaluation;
}

std::string told_of(const rules::Verdict& verdict, Mode mode) {
  const bool is_held_back = mode == Mode::monitor && verdict.action != Action::accept;
  return rules::to_text(verdict) + (is_held_back ? " (monitor: only logged)" : "");
}

std::string dmarc_of(const rules::MessageFacts& facts) {
  std::string text{to_text(facts.dmarc)};
  if (facts.dmarc == auth::DmarcResult::fail)
    text += fmt::format(", policy {}", to_text(facts.dmarc_policy));
  if (!facts.dmarc_domain.empty()) text += fmt::format(" of {}", facts.dmarc_domain);
  return text;
}

/// "pass, sealed by a.test, b.test, vouched by b.test (dmarc of bank.test)"
std::string arc_of(const rules::MessageFacts& facts) {
  std::string text{to_text(facts.arc)};
  std::string_view gap = ", sealed by ";
  for (const auto& seal : facts.arc_seals) {
    text += fmt::format("{}{}", gap, seal.domain);
    gap = ", ";
  }
  gap = ", vouched by ";
  for (const auto& witness : facts.arc_witnesses) {
    text += fmt::format("{}{} ({} of {})", gap, witness.sealer, to_text(witness.proof),
                        witness.author_domain);
    gap = ", ";
  }
  if (facts.arc_is_unfinished) text += ", for want of DNS";
  return text;
}

Json arc_json(const rules::MessageFacts& facts) {
  Json seals = Json::array();
  for (const auto& seal : facts.arc_seals)
    seals.push_back({{"domain", seal.domain}, {"selector", seal.selector}});
  Json witnesses = Json::array();
  for (const auto& witness : facts.arc_witnesses)
    witnesses.push_back({{"sealer", witness.sealer},
                         {"proof", to_text(witness.proof)},
                         {"author_domain", witness.author_domain}});
  return {{"result", to_text(facts.arc)},
          {"seals", std::move(seals)},
          {"witnesses", std::move(witnesses)},
          {"is_unfinished", facts.arc_is_unfinished}};
}

Json to_json(const rules::Verdict& verdict) {
  return {{"action", to_text(verdict.action)},
          {"rule", verdict.rule},
          {"reply", verdict.refuses() ? to_text(verdict.reply) : ""}};
}

Json to_json(const HeaderEdit& edit) {
  switch (edit.kind) {
    case HeaderEdit::Kind::insert_on_top:
      return {{"edit", "insert"}, {"name", edit.name}, {"value", unfolded(edit.value)}};
    case HeaderEdit::Kind::remove:
      return {{"edit", "remove"}, {"name", edit.name}, {"occurrence", edit.occurrence}};
    case HeaderEdit::Kind::change:
      return {{"edit", "change"},
              {"name", edit.name},
              {"occurrence", edit.occurrence},
              {"value", unfolded(edit.value)}};
  }
  unreachable();
}

Json to_json(const Evaluation& evaluation) {
  const auto& [envelope, heard, found, refused, told, facts] = evaluation;
  Json object;
  object["verdict"] = to_json(told.verdict);
  object["mode"] = to_text(told.mode);
  object["effect"] = to_json(heard.message);
  object["direction"] = told.direction;
  object["envelope"] = {{"client", envelope.client.text()},
                        {"helo", envelope.helo},
                        {"sender", envelope.sender},
                        {"login", envelope.login}};
  object["sender"] = to_json(heard.sender);
  object["recipients"] = Json::array();
  for (const auto& [address, verdict] : heard.recipients) {
    const auto found_out = refused.find(address);
    Json recipient{{"address", address}, {"effect", to_json(verdict)}};
    recipient["verdict"] =
        to_json(found_out == refused.end() ? verdict : found_out->second.verdict);
    object["recipients"].push_back(std::move(recipient));
  }
  object["spf"] = Json::array();
  for (const auto& [identity, finding] : found.spf)
    object["spf"].push_back({{"identity", ports::to_text(identity)},
                             {"result", ports::to_text(finding.result)},
                             {"domain", finding.domain},
                             {"mechanism", finding.mechanism},
                             {"reason", finding.reason}});
  object["dkim"] = Json::array();
  for (const auto& finding : found.dkim)
    object["dkim"].push_back({{"result", ports::to_text(finding.result)},
                              {"domain", finding.domain},
                              {"selector", finding.selector},
                              {"algorithm", finding.algorithm},
                              {"key_bits", finding.key_bits},
                              {"reason", finding.reason}});
  object["arc"] = arc_json(facts);
  object["dmarc"] = {{"result", to_text(facts.dmarc)},
                     {"policy", to_text(facts.dmarc_policy)},
                     {"domain", facts.dmarc_domain}};
  object["findings"] = Json::array();
  for (const auto& finding : told.findings)
    object["findings"].push_back({{"rule", finding.rule},
                                  {"action", to_text(finding.action)},
                                  {"reply", to_text(finding.reply)}});
  object["edits"] = Json::array();
  for (const auto& edit : heard.message.edits) object["edits"].push_back(to_json(edit));
  object["facts"] = told.facts;
  return object;
}

void print_line(std::string_view name, std::string_view value) {
  fmt::print("{:<11}{}\n", fmt::format("{}:", name), shown(trim(value)));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

std::string named(std::string_view name, const std::string& value) {
  return value.empty() ? "" : fmt::format("{} {}", name, value);
}

std::string identified(ports::SpfIdentity identity, const ports::SpfFinding& finding) {
  const auto name = ports::to_text(identity);
  return finding.domain.empty() ? std::string{name}
                                : fmt::format("{} {}", name, finding.domain);
}

void print_findings(const Evaluation& evaluation) {
  for (const auto& [identity, finding] : evaluation.found.spf)
    print_line("spf", joined({fmt::format("{} for {}", ports::to_text(finding.result),
                                          identified(identity, finding)),
                              named("matched", finding.mechanism), finding.reason}));
  for (const auto& finding : evaluation.found.dkim)
    print_line("dkim",
               joined({fmt::format("{} d={} s={} a={}", ports::to_text(finding.result),
                                   finding.domain, finding.selector, finding.algorithm),
                       ports::key_in_words(finding), finding.reason}));
  if (evaluation.found.dkim.empty()) print_line("dkim", "none");
  print_line("arc", arc_of(evaluation.facts));
  print_line("dmarc", dmarc_of(evaluation.facts));
  for (const auto& finding : evaluation.told.findings)
    print_line("finding", fmt::format("{} {} {}", finding.rule, to_text(finding.action),
                                      to_text(finding.reply)));
}

void print_edit(const HeaderEdit& edit) {
  switch (edit.kind) {
    case HeaderEdit::Kind::remove:
      return print_line("remove", fmt::format("{} #{}", edit.name, edit.occurrence));
    case HeaderEdit::Kind::change:
      return print_line("change", fmt::format("{} #{}:{}", edit.name, edit.occurrence,
                                              unfolded(edit.value)));
    case HeaderEdit::Kind::insert_on_top: {
      std::string_view name = "insert";
      auto rest = fmt::format("{}:{}", edit.name, edit.value);
      for (const auto line : split(rest, '\n')) {
        fmt::print("{:<11}{}\n", name.empty() ? "" : fmt::format("{}:", name),
                   (name.empty() ? "    " : "") + shown(trim(line)));
        name = "";
      }
      return;
    }
  }
  unreachable();
}

void print_text(const Evaluation& evaluation) {
  const auto& [envelope, heard, found, refused, told, facts] = evaluation;
  print_line("verdict", told_of(told.verdict, told.mode));
  print_line("direction", told.direction);
  print_line("envelope",
             joined({named("client", envelope.client.text()), named("helo", envelope.helo),
                     fmt::format("sender <{}>", envelope.sender),
                     named("login", envelope.login)}));
  if (heard.sender.refuses()) print_line("sender", rules::to_text(heard.sender));
  for (const auto& [address, verdict] : heard.recipients) {
    const auto found_out = refused.find(address);
    print_line("recipient",
               fmt::format("<{}> {}", address,
                           found_out == refused.end() ? rules::to_text(verdict)
                                                      : told_of(found_out->second.verdict,
                                                                found_out->second.mode)));
  }
  if (!found.spf.empty() || !found.dkim.empty() || !told.findings.empty())
    print_findings(evaluation);
  // As they will stand: each insertion goes above those before it.
  for (const auto& edit : heard.message.edits | std::views::reverse)
    if (edit.kind == HeaderEdit::Kind::insert_on_top) print_edit(edit);
  for (const auto& edit : heard.message.edits)
    if (edit.kind != HeaderEdit::Kind::insert_on_top) print_edit(edit);
}

}  // namespace

int evaluate(const EvaluateArguments& arguments, const ByHand& by_hand) {
  const auto config = config_of(by_hand);
  const auto text = content_of(arguments.message);
  if (!text) return failed;
  const auto message = parse_message(*text);
  const auto envelope = envelope_of(arguments, message.headers);
  if (!envelope) {
    fmt::print(stderr, "milterward: {}\n", envelope.fault());
    return failed;
  }
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  Found found;
  services->spf = std::make_shared<HeardSpf>(services->spf, found);
  services->dkim_verifier = std::make_shared<HeardDkim>(services->dkim_verifier, found);
  services->facts_log = std::make_shared<HeardFacts>(found);
  const auto heard = hand_in(services, *envelope, message);
  const auto evaluation = evaluation_of(*envelope, heard, found, config);
  if (by_hand.output == Output::json)
    fmt::print("{}\n",
               to_json(evaluation).dump(2, ' ', false, Json::error_handler_t::replace));
  else
    print_text(evaluation);
  return ok;
}

}  // namespace milterward::commands
