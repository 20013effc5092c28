// SPDX-License-Identifier: Apache-2.0
#include "milter/status/monitor_tally.h"

#include <algorithm>

#include "milter/status/story.h"
#include "policy/base/ascii.h"

namespace milterward::status {
namespace {

/// "ann@a.example" -> "a.example"; "<>" for the null sender.
std::string_view domain_of(std::string_view sender) {
  if (sender.empty()) return "<>";
  const auto at = sender.rfind('@');
  return at == std::string_view::npos ? sender : sender.substr(at + 1);
}

}  // namespace

void NameCounts::add(std::string_view name) {
  const auto at = counts_.find(name);
  if (at != counts_.end())
    ++at->second;
  else if (counts_.size() < most_names)
    counts_.emplace(name, 1);
  else
    ++others_;
}

std::vector<std::pair<std::string, std::uint64_t>> NameCounts::top(std::size_t most) const {
  std::vector<std::pair<std::string, std::uint64_t>> names{counts_.begin(), counts_.end()};
  std::ranges::stable_sort(
      names, [](const auto& one, const auto& other) { return one.second > other.second; });
  if (names.size() > most) names.resize(most);
  return names;
}

std::uint64_t RuleTally::count() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& [action, times] : actions) sum += times;
  return sum;
}

void MonitorTally::add(const LoggedEvent& event) {
  const bool is_message = event.name == "message.decided";
  const bool is_recipient = event.name == "recipient.decided";
  const bool is_mismatch = event.name == "identity.mismatch";
  if (!is_message && !is_recipient && !is_mismatch) return;
  if (const auto time = event["time"]; !time.empty()) {
    if (first_time_.empty()) first_time_ = time;
    last_time_ = time;
  }
  // Of a mismatch the verdict tells only where identity.mode is "reject".
  if (is_mismatch) {
    if (event["mode"] != "reject") add_to_rule(event, "reject");
    return;
  }
  if (is_message) add_preflight(event);
  ++(is_message ? messages_ : recipients_);
  if (const auto would = event["would"]; !would.empty())
    add_to_rule(event, would);
  else if (event["verdict"] != "accept")
    ++enforced_;
}

std::uint64_t MonitorTally::would(std::string_view action) const {
  std::uint64_t sum = 0;
  for (const auto& [name, rule] : rules_) {
    const auto at = rule.actions.find(action);
    if (at != rule.actions.end()) sum += at->second;
  }
  return sum;
}

/// "no_date,doubled_field:Subject"
void MonitorTally::add_preflight(const LoggedEvent& event) {
  const auto found = event["preflight"];
  if (found.empty()) return;
  for (const auto word : split(found, ',')) {
    const auto login = event["login"];
    preflight_[std::string{word.substr(0, word.find(':'))}].add(
        login.empty() ? domain_of(event["mail_from"]) : login);
  }
}

void MonitorTally::add_to_rule(const LoggedEvent& event, std::string_view action) {
  const std::string name{event["rule"]};
  auto& rule = rules_[name];
  rule.mode_key = mode_key_of(name, !event["login"].empty());
  ++rule.actions[std::string{action}];
  const bool is_mismatch = event.name == "identity.mismatch";
  const auto author = is_mismatch ? domain_of(event["claimed"]) : event["from"];
  rule.domains.add(author.empty() ? domain_of(event["mail_from"]) : author);
  if (const auto login = event["login"]; !login.empty()) rule.logins.add(login);
  rule.clients.add(event["client"].empty() ? "local" : event["client"]);
  if (rule.reply.empty()) rule.reply = event["reply"];
  if (rule.examples.size() >= RuleTally::most_examples) return;
  const auto recipient =
      event["recipient"].empty() ? event["recipients"] : event["recipient"];
  rule.examples.push_back({std::string{event["queue_id"]}, std::string{event["id"]},
                           std::string{event["time"]}, std::string{event["client"]},
                           std::string{event["mail_from"]}, std::string{recipient},
                           std::string{event["login"]}});
}

}  // namespace milterward::status
