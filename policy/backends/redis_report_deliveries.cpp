// SPDX-License-Identifier: Apache-2.0
// Of RedisReports what becomes of a report that is made.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "policy/backends/redis_report_names.h"
#include "policy/backends/redis_reports.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using ports::Delivery;
using ports::DeliveryState;
using ports::Stored;
using std::chrono::seconds;

/// Of what went to an address: nobody asks for more than a day.
constexpr seconds sent_is_remembered{172'800};  // two days
/// Reports that are forgotten in one script, which holds up everybody else.
constexpr auto forgotten_at_once = "100";

DeliveryState delivery_state(const std::string& text) {
  for (const auto state :
       {DeliveryState::waiting, DeliveryState::sent, DeliveryState::suppressed})
    if (to_text(state) == text) return state;
  return DeliveryState::failed;
}

/// "UNTIL HOLDER"; 0 for none.
seconds claimed_until(const std::string& claim) { return seconds{number_in(claim)}; }

std::string beyond(seconds time) { return "(" + text_of(time); }

}  // namespace

void RedisReports::Change::note_sent(const std::string& name, const std::string& member,
                                     seconds now) {
  const auto key = report_key("sent:", name);
  commands.push_back({"ZADD", key, text_of(now), member});
  commands.push_back({"ZREMRANGEBYSCORE", key, "-inf", text_of(now - sent_is_remembered)});
  commands.push_back({"EXPIRE", key, text_of(sent_is_remembered)});
}

Stored<std::optional<Delivery>> RedisReports::delivery(const std::string& number) {
  auto found = fields(report_key("delivery:", number));
  if (!found) return Unexpected{found.fault()};
  if ((*found)["report"].empty()) return std::optional<Delivery>{};
  const auto report = texts({"HMGET", report_key("made:", (*found)["report"]), "domain",
                             "begin", "end", "made", "messages"});
  if (!report) return Unexpected{report.fault()};
  if (report->size() != 5) return Unexpected{std::string{"a report without its parts"}};
  if (report->front().empty()) return std::optional<Delivery>{};
  Delivery delivery;
  delivery.number = number_in(number);
  delivery.report = (*found)["report"];
  delivery.mark = (*found)["mark"];
  delivery.domain = (*report)[0];
  delivery.begin = seconds{number_in((*report)[1])};
  delivery.end = seconds{number_in((*report)[2])};
  delivery.made_at = seconds{number_in((*report)[3])};
  delivery.destination = (*found)["destination"];
  delivery.tries = static_cast<unsigned>(number_in((*found)["tries"]));
  delivery.state = delivery_state((*found)["state"]);
  delivery.next_try = seconds{number_in((*found)["next_try"])};
  delivery.reason = (*found)["reason"];
  delivery.messages = static_cast<std::uint64_t>(number_in((*report)[4]));
  return std::optional{std::move(delivery)};
}

Stored<bool> RedisReports::strike_off_delivery(const std::string& number) {
  const auto key = report_key("delivery:", number);
  const auto report = text({"HGET", key, "report"});
  if (!report) return Unexpected{report.fault()};
  const auto mark = text({"HGET", key, "mark"});
  if (!mark) return Unexpected{mark.fault()};
  Change change;
  change.commands.push_back({"ZREM", report_key("waiting"), number});
  change.commands.push_back({"ZREM", report_key("deliveries"), number});
  if (!report->empty())
    change.commands.push_back({"SREM", report_key("waiting_of:", *report), number});
  if (!mark->empty()) change.commands.push_back({"HDEL", report_key("marks"), *mark});
  change.commands.push_back({"DEL", key});
  return strike_off("delivery", number, change);
}

Stored<std::optional<Delivery>> RedisReports::claim(seconds now, seconds until) {
  std::string number, former;
  std::optional<Delivery> claimed;
  while (!claimed) {
    const auto due = texts(
        {"ZRANGEBYSCORE", report_key("waiting"), "-inf", text_of(now), "LIMIT", "0", "1"});
    if (!due) return Unexpected{due.fault()};
    if (due->empty()) return claimed;
    number = due->front();
    auto claim = text({"HGET", report_key("delivery:", number), "claim"});
    if (!claim) return Unexpected{claim.fault()};
    former = std::move(*claim);
    auto found = delivery(number);
    if (!found) return Unexpected{found.fault()};
    claimed = std::move(*found);
    if (claimed) {
      auto made = text({"HGET", report_key("made:", claimed->report), "text"});
      if (!made) return Unexpected{made.fault()};
      claimed->text = std::move(*made);
      if (claimed->text.empty()) claimed.reset();
    }
    if (claimed) break;
    const auto struck = strike_off_delivery(number);
    if (!struck) return Unexpected{struck.fault()};
    if (!*struck) return std::optional<Delivery>{};  // the lease is another's
  }
  const auto key = report_key("delivery:", number);
  const auto claim = fmt::format("{} {}", until.count(), holder_);
  const auto done = apply({{{key, "state", "waiting"}, {key, "claim", former}},
                           {{"HSET", key, "claim", claim},
                            {"ZADD", report_key("waiting"), text_of(until), number}}},
                          Fence::lease);
  if (!done) return Unexpected{done.fault()};
  if (!*done) return std::optional<Delivery>{};  // somebody is at it; the next round looks
  claims_[claimed->number] = claim;
  return claimed;
}

/// Nobody claims what waits while the lease is ours: it is asked for first.
Stored<ports::Standing> RedisReports::standing(const Delivery& claimed) {
  const auto leads = lead();
  if (!leads) return Unexpected{leads.fault()};
  const auto claim =
      text({"HGET", report_key("delivery:", std::to_string(claimed.number)), "claim"});
  if (!claim) return Unexpected{claim.fault()};
  if (*claim != claims_[claimed.number]) {
    claims_.erase(claimed.number);
    return ports::Standing::robbed;
  }
  return *leads ? ports::Standing::undisputed : ports::Standing::superseded;
}

/// Whose claim it is may write, though the lease has ended while the mail server thought.
Stored<bool> RedisReports::settle(const Delivery& delivery, seconds now) {
  const auto number = std::to_string(delivery.number);
  const auto key = report_key("delivery:", number);
  const bool waits = delivery.state == DeliveryState::waiting;
  Change change;
  change.expected.push_back({key, "claim", claims_[delivery.number]});
  change.commands.push_back({"HSET", key, "state", std::string{to_text(delivery.state)},
                             "tries", std::to_string(delivery.tries), "next_try",
                             text_of(delivery.next_try), "reason", delivery.reason, "claim",
                             ""});
  if (waits) {
    change.commands.push_back(
        {"ZADD", report_key("waiting"), text_of(delivery.next_try), number});
  } else {
    const auto others = report_key("waiting_of:", delivery.report);
    change.commands.push_back({"ZREM", report_key("waiting"), number});
    change.commands.push_back({"SREM", others, number});
    change.unless(others, {"HDEL", report_key("made:", delivery.report), "text"});
  }
  if (delivery.state == DeliveryState::sent) {
    std::vector<std::string> names;
    for (const auto& address : delivery.sent_to) {
      names.push_back(ports::counted_as(address));
      change.note_sent(names.back(), number, now);
      change.note_sent(ports::host_counted_as(address),
                       fmt::format("{} {}", number, names.back()), now);
    }
    change.commands.push_back(
        {"HSET", key, "sent_to", fmt::format("{}", fmt::join(names, "\n"))});
  }
  const auto done = apply(change, Fence::none);
  if (!done) return Unexpected{done.fault()};
  claims_.erase(delivery.number);
  if (!*done) return Unexpected{std::string{"another host has claimed the report since"}};
  return true;
}

Stored<std::size_t> RedisReports::sent_since(ports::ReportKind, const std::string& to,
                                             seconds time) {
  const auto reply = ask({"ZCOUNT", report_key("sent:", to), beyond(time), "+inf"});
  if (!reply) return Unexpected{reply.fault()};
  return static_cast<std::size_t>(reply->integer);
}

/// Each host makes its own, and hands none over.
Stored<std::size_t> RedisReports::failures_about(const std::string&, seconds) {
  return std::size_t{0};
}

Stored<std::size_t> RedisReports::failures_for(const std::string&, seconds) {
  return std::size_t{0};
}

/// Why, says the delivery.
Stored<bool> RedisReports::suppress(const std::string& address, seconds until,
                                    const std::string&) {
  return apply(
      {{},
       {{"ZADD", report_key("suppressed"), text_of(until), ports::counted_as(address)}}},
      Fence::none);
}

Stored<bool> RedisReports::is_suppressed(const std::string& address, seconds now) {
  const auto until = text({"ZSCORE", report_key("suppressed"), ports::counted_as(address)});
  if (!until) return Unexpected{until.fault()};
  return number_in(*until) > now.count();
}

Stored<std::string> RedisReports::note_returned(const std::string& mark, seconds,
                                                seconds until) {
  const auto number = text({"HGET", report_key("marks"), mark});
  if (!number) return Unexpected{number.fault()};
  if (number->empty()) return std::string{};
  const auto key = report_key("delivery:", *number);
  const auto sent_to = text({"HGET", key, "sent_to"});
  if (!sent_to) return Unexpected{sent_to.fault()};
  Change change;
  change.expected.push_back({key, "state", "sent"});
  change.commands.push_back({"HSET", key, "state",
                             std::string{to_text(DeliveryState::failed)}, "reason",
                             "a report came back"});
  const auto addresses = split(*sent_to, '\n');
  for (const auto address : addresses)
    change.commands.push_back(
        {"ZADD", report_key("suppressed"), text_of(until), std::string{address}});
  const auto done = apply(change, Fence::none);
  if (!done) return Unexpected{done.fault()};
  return *done ? fmt::format("{}", fmt::join(addresses, ", ")) : "";
}

Stored<bool> RedisReports::hurry(seconds now) {
  const auto later = texts({"ZRANGEBYSCORE", report_key("waiting"), beyond(now), "+inf"});
  if (!later) return Unexpected{later.fault()};
  for (const auto& number : *later) {
    const auto key = report_key("delivery:", number);
    const auto claim = text({"HGET", key, "claim"});
    if (!claim) return Unexpected{claim.fault()};
    if (claimed_until(*claim) > now) continue;
    const auto done = apply({{{key, "state", "waiting"}, {key, "claim", *claim}},
                             {{"HSET", key, "next_try", text_of(now)},
                              {"ZADD", report_key("waiting"), text_of(now), number}}},
                            Fence::none);
    if (!done) return Unexpected{done.fault()};
  }
  return true;
}

Stored<std::size_t> RedisReports::forget_before(seconds time) {
  const auto ids = texts({"ZRANGEBYSCORE", report_key("made"), "-inf", beyond(time),
                          "LIMIT", "0", forgotten_at_once});
  if (!ids) return Unexpected{ids.fault()};
  Change change;
  std::size_t gone = 0;
  for (const auto& id : *ids) {
    const auto waiting = ask({"EXISTS", report_key("waiting_of:", id)});
    if (!waiting) return Unexpected{waiting.fault()};
    if (waiting->integer != 0) continue;
    const auto numbers = texts({"SMEMBERS", report_key("of:", id)});
    if (!numbers) return Unexpected{numbers.fault()};
    for (const auto& number : *numbers) {
      const auto key = report_key("delivery:", number);
      const auto mark = text({"HGET", key, "mark"});
      if (!mark) return Unexpected{mark.fault()};
      change.commands.push_back({"HDEL", report_key("marks"), *mark});
      change.commands.push_back({"ZREM", report_key("deliveries"), number});
      change.commands.push_back({"DEL", key});
    }
    change.commands.push_back({"DEL", report_key("made:", id), report_key("of:", id)});
    change.commands.push_back({"ZREM", report_key("made"), id});
    ++gone;
  }
  change.commands.push_back(
      {"ZREMRANGEBYSCORE", report_key("suppressed"), "-inf", beyond(time)});
  const auto done = apply(change, Fence::lease);
  if (!done) return Unexpected{done.fault()};
  return gone;
}

Stored<std::vector<Delivery>> RedisReports::deliveries(std::size_t most) {
  std::vector<Delivery> found;
  if (most == 0) return found;
  const auto numbers =
      texts({"ZREVRANGE", report_key("deliveries"), "0", std::to_string(most - 1)});
  if (!numbers) return Unexpected{numbers.fault()};
  for (const auto& number : *numbers) {
    auto one = delivery(number);
    if (!one) return Unexpected{one.fault()};
    if (*one) found.push_back(std::move(**one));
  }
  return found;
}

}  // namespace milterward::backends
