// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/spf.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "milter/commands/exit_codes.h"
#include "policy/auth/spf/limits.h"
#include "policy/mail/address.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using ports::SpfFinding;
using ports::SpfQuery;

constexpr int width_of_questions = 52;

/// The query, or what is wrong with the arguments.
Result<SpfQuery, std::string> query_of(const SpfArguments& arguments) {
  const auto client = IpAddress::parse(arguments.ip);
  if (!client)
    return Unexpected{fmt::format("--ip {}: not an IP address", shown(arguments.ip))};
  const auto path = parse_path(arguments.sender);
  if (!path)
    return Unexpected{
        fmt::format("--sender {}: {}", shown(arguments.sender), to_text(path.fault()))};
  SpfQuery query{ports::SpfIdentity::mail_from, *client, arguments.helo, "postmaster",
                 arguments.helo};
  if (!path->is_null() && !path->mailbox->domain_text.empty()) {
    query.sender_local = path->mailbox->local_part;
    query.sender_domain = path->mailbox->domain_text;
  }
  if (query.sender_domain.empty())
    return Unexpected{std::string{"the null sender needs --helo"}};
  return query;
}

unsigned lookups_of(const SpfFinding& finding) {
  return finding.steps.empty() ? 0 : finding.steps.back().lookups;
}
unsigned voids_of(const SpfFinding& finding) {
  return finding.steps.empty() ? 0 : finding.steps.back().voids;
}

Json to_json(const SpfQuery& query, const SpfFinding& finding) {
  Json object;
  object["result"] = ports::to_text(finding.result);
  object["client"] = query.client.text();
  object["sender"] = query.sender_local + "@" + query.sender_domain;
  object["helo"] = query.helo;
  object["domain"] = finding.domain;
  object["reason"] = finding.reason;
  object["mechanism"] = finding.mechanism;
  object["explanation"] = finding.explanation;
  object["lookups"] = {{"used", lookups_of(finding)}, {"limit", auth::spf_lookup_limit}};
  object["void_lookups"] = {{"used", voids_of(finding)}, {"limit", auth::spf_void_limit}};
  object["questions"] = Json::array();
  for (const auto& step : finding.steps)
    object["questions"].push_back({{"depth", step.depth},
                                   {"term", step.term},
                                   {"name", step.name},
                                   {"type", ports::to_text(step.type)},
                                   {"answer", step.answer},
                                   {"lookups", step.lookups},
                                   {"void_lookups", step.voids}});
  return object;
}

void print_line(const char* name, const std::string& value) {
  if (!value.empty()) fmt::print("{:<13}{}\n", name, shown(value));
}

void print_text(const SpfQuery& query, const SpfFinding& finding) {
  fmt::print("spf={} for {}@{} from {}\n", ports::to_text(finding.result),
             shown(query.sender_local), shown(query.sender_domain), query.client.text());
  print_line("domain:", finding.domain);
  print_line("reason:", finding.reason);
  print_line("matched:", finding.mechanism);
  print_line("explanation:", finding.explanation);
  fmt::print("{:<13}{}/{}, void {}/{}\n", "lookups:", lookups_of(finding),
             auth::spf_lookup_limit, voids_of(finding), auth::spf_void_limit);
  if (finding.steps.empty()) return;
  fmt::print("\n{:<{}} {:<14} {:>7} {:>4}\n", "asked", width_of_questions, "answer",
             "lookups", "void");
  for (const auto& step : finding.steps) {
    const auto why = step.term.empty() ? "" : "  (" + shown(step.term) + ")";
    const auto question = fmt::format("{:{}}{} {}{}", "", step.depth * 2,
                                      ports::to_text(step.type), shown(step.name), why);
    fmt::print("{:<{}} {:<14} {:>4}/{:<2} {:>2}/{}\n", question, width_of_questions,
               step.answer, step.lookups, auth::spf_lookup_limit, step.voids,
               auth::spf_void_limit);
  }
}

}  // namespace

int spf(const SpfArguments& arguments, const ByHand& by_hand) {
  const auto query = query_of(arguments);
  if (!query) {
    fmt::print(stderr, "milterward: {}\n", query.fault());
    return wrong_usage;
  }
  auto config = config_of(by_hand);
  if (arguments.engine) config.spf.engine = *arguments.engine;
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  const auto deadline = Deadline::after(*services->clock, config.dns.message_deadline);
  const auto finding = services->spf->check(*query, *services->dns, deadline);
  if (by_hand.output == Output::json)
    fmt::print(
        "{}\n",
        to_json(*query, finding).dump(2, ' ', false, Json::error_handler_t::replace));
  else
    print_text(*query, finding);
  return ok;
}

}  // namespace milterward::commands
