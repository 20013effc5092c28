// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/reports_sent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "conf/store_url.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "policy/chores/report_closing.h"
#include "policy/chores/silent_dns.h"
#include "policy/mail/date_time.h"
#include "policy/mail/domain.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using ports::Delivery;
using ports::DeliveryState;
using ports::OpenReport;
using ports::ReportKind;
using std::chrono::seconds;

constexpr seconds end_of_time{std::numeric_limits<std::int64_t>::max()};
constexpr std::size_t as_many_as_there_are = std::numeric_limits<std::int32_t>::max();

std::string time_shown(seconds time) { return date_time_of(WallTime{time}); }

int cannot(const char* command, const std::string& fault) {
  std::fprintf(stderr, "milterward report %s: %s\n", command, fault.c_str());
  return failed;
}

struct Collected {
  OpenReport open;
  std::vector<ports::CountedText> rows;

  std::uint64_t messages() const {
    std::uint64_t sum = 0;
    for (const auto& row : rows) sum += row.count;
    return sum;
  }
};

ports::Stored<std::vector<Collected>> collected_in(ports::ReportStore& store,
                                                   ReportKind kind) {
  auto open = store.ended_at(end_of_time, as_many_as_there_are);
  if (!open) return Unexpected{open.fault()};
  std::vector<Collected> found;
  for (auto& one : *open) {
    if (one.kind != kind) continue;
    auto rows = store.rows_of(one, as_many_as_there_are);
    if (!rows) return Unexpected{rows.fault()};
    found.push_back({std::move(one), std::move(*rows)});
  }
  return found;
}

/// What hosts share; null where they do not.
chores::ReportSharing::Shared shared_of(const conf::Config& config,
                                        const ReportTools& tools) {
  if (!conf::is_shared_store(config.store.url))
    return std::unique_ptr<ports::SharedReports>{};
  auto shared = tools.open_shared(config.store);
  if (!shared) return Unexpected{fmt::format("{}: {}", config.store.url, shared.fault())};
  return shared;
}

template <class Found>
struct Looked {
  std::vector<Found> found;
  std::string missing;  // why what hosts share is not among it; "" when it is
};

/// Of all hosts that share a store, and of this one; of this one alone where the store is
/// away.
template <class Found, class Look>
ports::Stored<Looked<Found>> look_in(const conf::Config& config, const ReportTools& tools,
                                     Look look) {
  const auto store = tools.open_to_read(config.report.file);
  if (!store) return Unexpected{store.fault()};
  Looked<Found> looked;
  const auto add = [&](ports::ReportStore& one) -> std::string {
    auto some = look(one);
    if (!some) return some.fault();
    std::ranges::move(*some, std::back_inserter(looked.found));
    return {};
  };
  if (const auto shared = shared_of(config, tools); !shared)
    looked.missing = shared.fault();
  else if (*shared)
    looked.missing = add(**shared);
  if (auto fault = add(**store); !fault.empty()) return Unexpected{std::move(fault)};
  return looked;
}

/// Behind what was found.
int done(const char* command, const std::string& missing) {
  if (missing.empty()) return ok;
  std::fprintf(stderr,
               "milterward report %s: what hosts share is missing, this host alone is told "
               "of: %s\n",
               command, missing.c_str());
  return in_part;
}

void print(const Collected& one, Output output) {
  const auto& open = one.open;
  if (output == Output::json) {
    const bool is_failure = open.kind == ReportKind::failure;
    const Json object{{"kind", to_text(open.kind)},           {"domain", open.domain},
                      {"begin", open.begin.count()},          {"end", open.end.count()},
                      {"messages", one.messages()},           {"rows", one.rows.size()},
                      {is_failure ? "ruf" : "rua", open.uris}};
    fmt::print("{}\n", object.dump(-1, ' ', true, Json::error_handler_t::replace));
    return;
  }
  const auto uris = shown(fmt::format("{}", fmt::join(open.uris, ", ")));
  if (open.kind == ReportKind::failure)
    fmt::print("{}: {} failed alike, to {}\n  until {}\n", shown(open.domain),
               one.messages(), uris, time_shown(open.end));
  else
    fmt::print("{}: {} messages in {} rows, to {}\n  until {}\n", shown(open.domain),
               one.messages(), one.rows.size(), uris, time_shown(open.end));
}

void print(const Delivery& delivery, Output output) {
  if (output == Output::json) {
    const Json object{
        {"report", delivery.report},       {"kind", to_text(delivery.kind)},
        {"domain", delivery.domain},       {"messages", delivery.messages},
        {"begin", delivery.begin.count()}, {"end", delivery.end.count()},
        {"to", delivery.destination},      {"state", to_text(delivery.state)},
        {"tries", delivery.tries},         {"next_try", delivery.next_try.count()},
        {"reason", delivery.reason}};
    fmt::print("{}\n", object.dump(-1, ' ', true, Json::error_handler_t::replace));
    return;
  }
  fmt::print("{:<10} {} to {}\n  {} {} of {} messages, from {}\n", to_text(delivery.state),
             shown(delivery.domain), shown(delivery.destination), to_text(delivery.kind),
             delivery.report, delivery.messages, time_shown(delivery.begin));
  if (delivery.state == DeliveryState::waiting)
    fmt::print("  {} tries, the next {}\n", delivery.tries, time_shown(delivery.next_try));
  if (!delivery.reason.empty()) fmt::print("  {}\n", shown(delivery.reason));
}

/// "2 aggregate reports sent; 1 failure report waiting"
std::string counts_of(const std::vector<Delivery>& deliveries) {
  std::map<std::pair<ReportKind, DeliveryState>, std::size_t> counts;
  for (const auto& delivery : deliveries) ++counts[{delivery.kind, delivery.state}];
  std::string text;
  for (const auto& [what, count] : counts)
    text +=
        fmt::format("{}{} {} {} {}", text.empty() ? "" : "; ", count, to_text(what.first),
                    count == 1 ? "report" : "reports", to_text(what.second));
  return text;
}

/// What waits is due; "", or what is the matter. A shared store that is away tells the
/// round.
std::string hurry(const Services& services, const ReportTools& tools) {
  const auto& config = *services.config;
  const auto now = std::chrono::floor<seconds>(services.clock->today().time_since_epoch());
  const auto store = tools.open(config.report.file);
  if (!store) return store.fault();
  if (const auto hurried = (*store)->hurry(now); !hurried) return hurried.fault();
  if (const auto shared = shared_of(config, tools); shared && *shared)
    if (const auto hurried = (*shared)->hurry(now); !hurried) return hurried.fault();
  return {};
}

}  // namespace

int preview_reports(const ReportsSent& arguments, const ByHand& by_hand,
                    const ReportTools& tools) {
  const auto config = config_of(by_hand);
  const auto looked = look_in<Collected>(config, tools, [&](ports::ReportStore& store) {
    return collected_in(store, arguments.kind);
  });
  if (!looked) return cannot("preview", looked.fault());
  const auto& [found, missing] = *looked;
  if (arguments.domain.empty()) {
    for (const auto& one : found) print(one, by_hand.output);
    if (found.empty() && by_hand.output == Output::text)
      fmt::print("Nothing is collected yet.\n");
    return done("preview", missing);
  }
  const auto domain = Domain::parse(arguments.domain);
  bool any = false;
  for (const auto& one : found) {
    if (!domain || one.open.domain != domain->name()) continue;
    fmt::print("{}", chores::report_document(config.report, one.open, one.rows, "preview"));
    any = true;
    if (arguments.kind == ReportKind::failure) break;  // one is enough to see what they are
  }
  const auto code = done("preview", missing);
  return any ? code : cannot("preview", "nothing is collected about that domain");
}

int send_reports(const ByHand& by_hand, const ReportTools& tools) {
  const auto config = config_of(by_hand);
  if (!config.report.sends_anything())
    return cannot("send", "neither report.send nor report.failure is set");
  const auto services = services_of(by_hand, config);
  if (!services) return failed;
  // It is made by the daemon alone, as its own user.
  if (const auto there = tools.open_to_read(config.report.file); !there)
    return cannot("send", there.fault());
  if (const auto fault = hurry(*services, tools); !fault.empty())
    return cannot("send", fault);
  const auto round = make_report_round(*services, tools, [] { return false; });
  if (!round) return cannot("send", round.fault());
  const auto& [tally, store_fault, eviction] = *round;
  if (!eviction.empty())
    std::fprintf(stderr, "milterward report send: %s: its maxmemory-policy is %s\n",
                 config.store.url.c_str(), eviction.c_str());
  fmt::print("{} made, {} sent, {} wait, {} given up\n", tally.made, tally.sent,
             tally.waiting, tally.given_up);
  if (tally.is_cut_short)
    std::fprintf(stderr,
                 "milterward report send: it ended early, since DNS was silent about %zu "
                 "organizations; the next round goes on with others\n",
                 chores::most_silent_of_a_round);
  if (!store_fault.empty()) return cannot("send", store_fault);
  return tally.waiting + tally.given_up == 0 ? ok : failed;
}

int tell_reports(const ReportsSent& arguments, const ByHand& by_hand,
                 const ReportTools& tools) {
  const auto config = config_of(by_hand);
  const auto looked = look_in<Delivery>(config, tools, [&](ports::ReportStore& store) {
    return store.deliveries(arguments.most);
  });
  if (!looked) return cannot("status", looked.fault());
  const auto& [found, missing] = *looked;
  for (const auto& delivery : found) print(delivery, by_hand.output);
  if (found.empty() && by_hand.output == Output::text)
    fmt::print("No report was made yet.\n");
  else if (by_hand.output == Output::text)
    fmt::print("{}\n", counts_of(found));
  return done("status", missing);
}

}  // namespace milterward::commands
