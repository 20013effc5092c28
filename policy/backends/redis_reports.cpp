// SPDX-License-Identifier: Apache-2.0
// The lease, and rows until a report is made of them. Deliveries:
// redis_report_deliveries.cpp
#include "policy/backends/redis_reports.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "conf/store_url.h"
#include "policy/backends/redis_report_names.h"
#include "policy/backends/redis_report_scripts.h"
#include "policy/base/ascii.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using ports::CountedText;
using ports::MadeReport;
using ports::OpenReport;
using ports::Stored;
using std::chrono::seconds;

/// Rows that one answer brings, about.
constexpr auto rows_in_one_scan = "1000";
constexpr auto strange_answer = "an answer nobody expects";
constexpr std::size_t policy_limit = 40;

std::string sixteen_digits() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

/// "maxmemory_policy:allkeys-lru"; "" for none.
std::string eviction_in(std::string_view memory) {
  constexpr std::string_view name = "maxmemory_policy:";
  for (const auto line : split(memory, '\n')) {
    if (!line.starts_with(name)) continue;
    const auto policy = trim(line.substr(name.size()));
    return policy == "noeviction" ? "" : printable(policy, policy_limit);
  }
  return {};
}

}  // namespace

RedisReports::RedisReports(const conf::StoreSettings& settings,
                           std::chrono::milliseconds lease,
                           std::unique_ptr<RedisConnection> connection)
    : settings_(settings),
      lease_(lease),
      holder_(sixteen_digits()),
      connection_(std::move(connection)) {}

Result<std::unique_ptr<RedisReports>, std::string> RedisReports::open(
    const conf::StoreSettings& settings, std::chrono::milliseconds lease) {
  // The loader has checked it.
  auto connection =
      RedisConnection::open(conf::parse_store_url(settings.url).value(), settings.timeout);
  if (!connection) return Unexpected{connection.fault()};
  std::unique_ptr<RedisReports> reports{
      new RedisReports{settings, lease, std::move(*connection)}};
  if (auto fault = reports->begin(); !fault.empty()) return Unexpected{std::move(fault)};
  return reports;
}

/// Its name, which is made by who comes first; "", or what is the matter.
std::string RedisReports::begin() {
  const auto made = ask({"SETNX", report_key("name"), sixteen_digits()});
  if (!made) return made.fault();
  const auto name = text({"GET", report_key("name")});
  if (!name) return name.fault();
  name_ = *name;
  // Who may not ask that is not told of it.
  if (const auto memory = text({"INFO", "memory"})) eviction_ = eviction_in(*memory);
  return name_.empty() ? strange_answer : "";
}

Result<RedisReply, std::string> RedisReports::ask(const Words& words) {
  return connection_->command(
      words, Deadline{std::chrono::steady_clock::now() + settings_.timeout});
}

Stored<std::string> RedisReports::text(const Words& words) {
  auto reply = ask(words);
  if (!reply) return Unexpected{reply.fault()};
  return std::move(reply->text);
}

Stored<std::vector<std::string>> RedisReports::texts(const Words& words) {
  const auto reply = ask(words);
  if (!reply) return Unexpected{reply.fault()};
  std::vector<std::string> found;
  for (const auto& item : reply->items) found.push_back(item.text);
  return found;
}

Stored<RedisReports::Fields> RedisReports::fields(const std::string& key) {
  const auto reply = ask({"HGETALL", key});
  if (!reply) return Unexpected{reply.fault()};
  Fields found;
  for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2)
    found[reply->items[i].text] = reply->items[i + 1].text;
  return found;
}

void RedisReports::Change::unless(const std::string& key, Words command) {
  command.insert(command.begin(), {"UNLESS", key});
  commands.push_back(std::move(command));
}

Stored<bool> RedisReports::apply(const Change& change, Fence fence) {
  Words words{"EVAL",
              redis_change_script,
              "0",
              report_key(""),
              fence == Fence::lease ? holder_ : "",
              std::to_string(lease_.count()),
              std::to_string(change.expected.size())};
  for (const auto& [key, field, value] : change.expected)
    words.insert(words.end(), {key, field, value});
  for (const auto& command : change.commands) {
    words.push_back(std::to_string(command.size()));
    words.insert(words.end(), command.begin(), command.end());
  }
  const auto reply = ask(words);
  if (!reply) return Unexpected{reply.fault()};
  if (reply->integer < 0) leads_ = false;
  return reply->integer == 1;
}

Stored<bool> RedisReports::strike_off(const char* what, const std::string& number,
                                      const Change& change) {
  auto done = apply(change, Fence::lease);
  if (!done || !*done) return done;
  log_event(Event::report_lost_in_store,
            {{"store", settings_.url}, {"what", what}, {"number", number}});
  return true;
}

Stored<bool> RedisReports::lead() {
  const auto reply = ask({"EVAL", redis_lead_script, "0", report_key(""), holder_,
                          std::to_string(lease_.count())});
  if (!reply) return Unexpected{reply.fault()};
  leads_ = reply->integer == 1;
  return leads_;
}

Stored<bool> RedisReports::leave() {
  leads_ = false;
  return apply({{}, {{"DEL", report_key("lease")}}}, Fence::lease);
}

Stored<bool> RedisReports::take(const ports::HandedRows& handed) {
  const auto& open = handed.open;
  Words words{"EVAL",
              redis_take_script,
              "0",
              report_key(""),
              handed.batch,
              std::to_string(handed.number),
              std::to_string(open.parts),
              text_of(open.begin),
              text_of(open.end),
              open.domain,
              open.policy,
              fmt::format("{}", fmt::join(open.uris, "\n"))};
  for (const auto& [row, count] : handed.rows)
    words.insert(words.end(), {row, std::to_string(count)});
  const auto reply = ask(words);
  if (!reply) return Unexpected{reply.fault()};
  return reply->integer == 1;
}

/// Rows may come meanwhile to a period that has lost its own: they keep it. One that has
/// lost its name gets none.
Stored<bool> RedisReports::strike_off_period(const std::string& number,
                                             const std::string& group) {
  const auto rows = report_key("rows:", number);
  Change change;
  if (group.empty()) change.commands.push_back({"DEL", rows});
  if (!group.empty()) change.unless(rows, {"HDEL", report_key("groups"), group});
  change.unless(rows, {"ZREM", report_key("ends"), number});
  change.unless(rows, {"DEL", report_key("open:", number)});
  return strike_off("period", number, change);
}

/// Who only looks strikes nothing off.
Stored<std::vector<OpenReport>> RedisReports::ended_at(seconds time, std::size_t most) {
  std::vector<OpenReport> found;
  for (bool again = true; std::exchange(again, false);) {
    const auto numbers = texts({"ZRANGEBYSCORE", report_key("ends"), "-inf", text_of(time),
                                "LIMIT", "0", std::to_string(most)});
    if (!numbers) return Unexpected{numbers.fault()};
    for (const auto& number : *numbers) {
      auto open = fields(report_key("open:", number));
      if (!open) return Unexpected{open.fault()};
      const auto rows = ask({"EXISTS", report_key("rows:", number)});
      if (!rows) return Unexpected{rows.fault()};
      if ((*open)["domain"].empty() || rows->integer == 0) {
        if (!leads_) continue;
        const auto struck = strike_off_period(number, (*open)["group"]);
        if (!struck) return Unexpected{struck.fault()};
        again = *struck;
        continue;
      }
      const auto uris = (*open)["uris"];
      const auto parts = split(uris, '\n');
      found.push_back({number_in(number),
                       seconds{number_in((*open)["begin"])},
                       seconds{number_in((*open)["end"])},
                       (*open)["domain"],
                       (*open)["policy"],
                       {parts.begin(), parts.end()},
                       number_in((*open)["parts"]),
                       ports::ReportKind::aggregate,
                       ""});
    }
    again = again && found.empty();
  }
  return found;
}

Stored<std::vector<CountedText>> RedisReports::rows_of(const OpenReport& open,
                                                       std::size_t most) {
  const auto key = report_key("rows:", std::to_string(open.number));
  Fields rows;  // a scan may bring one twice
  std::string cursor = "0";
  do {
    const auto reply = ask({"HSCAN", key, cursor, "COUNT", rows_in_one_scan});
    if (!reply) return Unexpected{reply.fault()};
    if (reply->items.size() != 2) return Unexpected{std::string{strange_answer}};
    cursor = reply->items[0].text;
    const auto& pairs = reply->items[1].items;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
      rows[pairs[i].text] = pairs[i + 1].text;
  } while (cursor != "0" && rows.size() < most);
  std::vector<CountedText> found;
  for (const auto& [row, count] : rows) {
    if (found.size() == most) break;
    found.push_back({row, static_cast<std::uint64_t>(number_in(count))});
  }
  return found;
}

Stored<bool> RedisReports::close(const OpenReport& open, const MadeReport& made) {
  const auto number = std::to_string(open.number);
  const auto [opened, rows] =
      std::pair{report_key("open:", number), report_key("rows:", number)};
  const auto group = text({"HGET", opened, "group"});
  if (!group) return Unexpected{group.fault()};
  Change change;
  change.expected.push_back({opened, "parts", std::to_string(open.parts)});
  std::uint64_t messages = 0;
  for (const auto& [row, count] : made.rows) {
    messages += count;
    change.expected.push_back({rows, row, std::to_string(count)});
    change.commands.push_back({"HDEL", rows, row});
  }
  if (!made.destinations.empty()) {
    change.commands.push_back({"HSET", report_key("made:", made.id), "domain", open.domain,
                               "begin", text_of(open.begin), "end", text_of(open.end),
                               "made", text_of(made.made_at), "messages",
                               std::to_string(messages), "text", made.text});
    change.commands.push_back({"ZADD", report_key("made"), text_of(made.made_at), made.id});
  }
  for (const auto& destination : made.destinations) {
    // One that is not used after all leaves a gap.
    const auto reply = ask({"INCR", report_key("last")});
    if (!reply) return Unexpected{reply.fault()};
    const auto delivery = std::to_string(reply->integer);
    const auto mark = sixteen_digits();
    change.commands.push_back({"HSET", report_key("delivery:", delivery), "report", made.id,
                               "mark", mark, "destination", destination, "state", "waiting",
                               "tries", "0", "next_try", text_of(made.made_at), "claim", "",
                               "reason", ""});
    change.commands.push_back({"HSET", report_key("marks"), mark, delivery});
    change.commands.push_back({"SADD", report_key("of:", made.id), delivery});
    change.commands.push_back({"SADD", report_key("waiting_of:", made.id), delivery});
    change.commands.push_back({"ZADD", report_key("deliveries"), delivery, delivery});
    change.commands.push_back(
        {"ZADD", report_key("waiting"), text_of(made.made_at), delivery});
  }
  change.commands.push_back({"HINCRBY", opened, "parts", "1"});
  change.unless(rows, {"HDEL", report_key("groups"), *group});
  change.unless(rows, {"ZREM", report_key("ends"), number});
  change.unless(rows, {"DEL", opened});
  return apply(change, Fence::lease);
}

}  // namespace milterward::backends
