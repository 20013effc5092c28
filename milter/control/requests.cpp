// SPDX-License-Identifier: Apache-2.0
#include "milter/control/requests.h"

#include <array>
#include <nlohmann/json.hpp>

#include "conf/quota_limit.h"
#include "policy/base/unreachable.h"
#include "policy/rules/quota.h"

namespace milterward::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array actions{AccountAction::show, AccountAction::reset, AccountAction::lock,
                             AccountAction::unlock, AccountAction::promote};

/// Logins are what clients typed: not always UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const rules::QuotaFact& fact) {
  Json json;
  json["rule"] = rules::rule_of(fact);
  json["measure"] = to_text(fact.measure);
  json["period"] = fact.period;
  json["used"] = fact.used;
  json["limit"] = fact.limit;
  return json;
}

}  // namespace

std::string_view to_text(AccountAction action) noexcept {
  switch (action) {
    case AccountAction::show:
      return "show";
    case AccountAction::reset:
      return "reset";
    case AccountAction::lock:
      return "lock";
    case AccountAction::unlock:
      return "unlock";
    case AccountAction::promote:
      return "promote";
  }
  unreachable();
}

std::optional<AccountAction> parse_action(std::string_view word) {
  for (const auto action : actions)
    if (to_text(action) == word) return action;
  return std::nullopt;
}

std::string request_line(const AccountRequest& request) {
  Json json;
  json["account"] = to_text(request.action);
  json["login"] = request.login;
  return text_of(json);
}

Result<AccountRequest, std::string> parse_request(std::string_view line) {
  const auto json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("account") || !json["account"].is_string() ||
      !json.contains("login") || !json["login"].is_string())
    return Unexpected{std::string{"not a request"}};
  const auto action = parse_action(json["account"].get<std::string>());
  if (!action) return Unexpected{std::string{"no such action"}};
  return AccountRequest{*action, json["login"].get<std::string>()};
}

std::string answer_line(const Result<AccountReport, std::string>& report) {
  Json json;
  if (!report) {
    json["fault"] = report.fault();
    return text_of(json);
  }
  auto& account = json["account"];
  account["login"] = report->login;
  account["class"] = report->account_class;
  account["locked"] = report->is_locked;
  account["limits"] = Json::array();
  for (const auto& fact : report->quotas) account["limits"].push_back(json_of(fact));
  if (const auto& ladder = report->ladder) {
    auto& step = account["ladder"];
    step["step"] = ladder->step;
    step["steps"] = ladder->steps;
    step["frozen"] = ladder->is_frozen;
    step["messages"] = ladder->messages;
    step["bounced"] = ladder->bounced;
    step["complained"] = ladder->complained;
  }
  return text_of(json);
}

}  // namespace milterward::control
