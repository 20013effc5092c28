// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_closing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/chores/report_recipients.h"
#include "policy/mail/address.h"
#include "policy/reports/aggregate_document.h"
#include "policy/reports/destinations.h"
#include "policy/reports/failure_report.h"

namespace milterward::chores {
namespace {

using namespace std::chrono_literals;
using ports::CountedText;
using ports::MadeReport;
using ports::OpenReport;
using ports::ReportKind;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;
using World = ReportKeeper::World;

constexpr std::size_t closed_at_once = 100;
constexpr seconds domain_window = 24h;
constexpr seconds destination_window = 1h;

/// Of the URIs those that are addresses; one that is named twice counts once.
std::vector<std::string> destinations_of(const std::vector<std::string>& rua) {
  std::vector<std::string> destinations;
  for (const auto& uri : rua)
    if (const auto destination = reports::parse_destination(uri))
      destinations.push_back(destination->address);
  return each_once(std::move(destinations));
}

std::uint64_t messages_of(const std::vector<CountedText>& rows) {
  std::uint64_t messages = 0;
  for (const auto& row : rows) messages += row.count;
  return messages;
}

void tell_left_out(const OpenReport& open, const std::string& to, const char* reason,
                   std::uint64_t messages) {
  log_event(Event::report_failures_left_out, {{"domain", open.domain},
                                              {"to", to},
                                              {"reason", reason},
                                              {"messages", std::to_string(messages)}});
}

/// Whether a destination, or all of its host together, had as many as are allowed.
Stored<bool> has_had_enough(const World& world, const std::string& destination) {
  const auto since = now_of(world) - destination_window;
  const auto most = world.settings.failure.per_destination;
  const auto had = world.store.failures_for(ports::counted_as(destination), since);
  if (!had) return Unexpected{had.fault()};
  if (*had >= most) return true;
  const auto host = world.store.failures_for(ports::host_counted_as(destination), since);
  if (!host) return Unexpected{host.fault()};
  return *host >= most * share_of_a_host;
}

/// Those of `destinations` that may be told of one more failure.
Stored<std::vector<std::string>> within_limits(const World& world, const OpenReport& open,
                                               std::vector<std::string> destinations,
                                               std::uint64_t messages) {
  const auto& limits = world.settings.failure;
  const auto now = now_of(world);
  const auto about = world.store.failures_about(open.domain, now - domain_window);
  if (!about) return Unexpected{about.fault()};
  if (*about >= limits.per_domain) {
    tell_left_out(open, "", "report.failure_per_domain", messages);
    return std::vector<std::string>{};
  }
  std::vector<std::string> allowed;
  for (auto& destination : destinations) {
    const auto is_enough = has_had_enough(world, destination);
    if (!is_enough) return Unexpected{is_enough.fault()};
    if (*is_enough)
      tell_left_out(open, destination, "report.failure_per_destination", messages);
    else
      allowed.push_back(std::move(destination));
  }
  return allowed;
}

/// One report of what is open. Rows that came in between leave it to the next round.
Stored<bool> close_part(const World& world, OpenReport& open) {
  auto rows = world.store.rows_of(open, world.settings.max_rows);
  if (!rows) return Unexpected{rows.fault()};
  pass(world, ReportPoint::after_rows_read);
  MadeReport made;
  made.id = fmt::format("{}n{}p{}", world.store.name(), open.number, open.parts + 1);
  made.made_at = now_of(world);
  made.destinations = destinations_of(open.uris);
  const auto messages = messages_of(*rows);
  if (open.kind == ReportKind::failure) {
    auto allowed = within_limits(world, open, std::move(made.destinations), messages);
    if (!allowed) return Unexpected{allowed.fault()};
    made.destinations = std::move(*allowed);
  }
  if (!rows->empty() && !made.destinations.empty())
    made.text = report_document(world.settings, open, *rows, made.id);
  pass(world, ReportPoint::after_text_made);
  made.rows = std::move(*rows);
  if (made.text.empty()) made.destinations.clear();
  pass(world, ReportPoint::before_close);
  const auto closed = world.store.close(open, made);
  if (!closed) return Unexpected{closed.fault()};
  pass(world, ReportPoint::after_close);
  if (!*closed || made.destinations.empty()) return *closed;
  log_event(Event::report_made, {{"report", made.id},
                                 {"kind", std::string{to_text(open.kind)}},
                                 {"domain", open.domain},
                                 {"begin", std::to_string(open.begin.count())},
                                 {"end", std::to_string(open.end.count())},
                                 {"messages", std::to_string(messages)}});
  return true;
}

std::string aggregate_of(const conf::ReportSettings& settings, const OpenReport& open,
                         const std::vector<CountedText>& rows, const std::string& id) {
  const auto policy = reports::parse_policy(open.policy);
  std::vector<reports::CountedRow> counted;
  for (const auto& [text, count] : rows)
    if (auto row = reports::parse_row(text)) counted.push_back({std::move(*row), count});
  if (!policy || counted.empty()) return {};
  const auto& organization = settings.organization;
  return reports::aggregate_document(
      {organization.empty() ? receiver_of(settings) : organization, settings.from,
       settings.contact, id, open.begin, open.end},
      *policy, counted);
}

}  // namespace

seconds now_of(const World& world) {
  return std::chrono::floor<seconds>(world.clock.today().time_since_epoch());
}

void pass(const World& world, ports::ReportPoint point) { ports::pass(world.at, point); }

std::string receiver_of(const conf::ReportSettings& settings) {
  const auto text = claimed_sender(settings.from).domain_text;
  const auto domain = Domain::parse(text);
  return domain ? domain->name() : text;
}

std::string report_document(const conf::ReportSettings& settings, const OpenReport& open,
                            const std::vector<CountedText>& rows, const std::string& id) {
  switch (open.kind) {
    case ReportKind::aggregate:
      return aggregate_of(settings, open, rows, id);
    case ReportKind::failure:
      return reports::failure_parts(
          {id, receiver_of(settings), open.domain, messages_of(rows), open.example});
  }
  unreachable();
}

Stored<std::size_t> close_reports(const World& world, std::vector<OpenReport> ended) {
  std::size_t made = 0;
  for (auto& open : ended) {
    if (world.is_unwanted()) return made;
    const auto closed = close_part(world, open);
    if (!closed) return Unexpected{closed.fault()};
    made += *closed ? 1 : 0;
  }
  return made;
}

Stored<std::size_t> close_ended_reports(const World& world) {
  std::size_t made = 0;
  while (!world.is_unwanted()) {
    auto ended = world.store.ended_at(now_of(world) - world.grace, closed_at_once);
    if (!ended) return Unexpected{ended.fault()};
    const auto closed = close_reports(world, std::move(*ended));
    if (!closed) return Unexpected{closed.fault()};
    if (*closed == 0) break;  // nothing is left, or others are at it
    made += *closed;
  }
  return made;
}

}  // namespace milterward::chores
