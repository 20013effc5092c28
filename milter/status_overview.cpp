// SPDX-License-Identifier: Apache-2.0
#include "milter/status_overview.h"

#include <chrono>
#include <utility>

#include "policy/base/events.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;
using ports::JournalColumn;
using ports::JournalOrder;
using std::chrono::seconds;

constexpr auto no_journal = "journal.file is not set";
constexpr std::size_t most_ranks = 15;
constexpr std::size_t most_found = 100;
constexpr std::size_t most_domains_reported = 20;

/// `bars` of `width`, the last of which holds `now`; they begin at whole hours.
status::Chart chart_of(std::string id, std::string title, WallTime now, seconds width,
                       std::size_t bars) {
  const auto since_1970 = std::chrono::duration_cast<seconds>(now.time_since_epoch());
  const auto last = since_1970 - since_1970 % width;
  return {std::move(id),
          std::move(title),
          WallTime{last - width * (bars - 1)},
          width,
          bars,
          {}};
}

/// "", or why the journal could not be asked.
std::string fill_from(ports::JournalCharts& journal, status::Overview& overview) {
  for (auto& chart : overview.charts) {
    auto slices = journal.slices(chart.begin, chart.width);
    if (!slices) return slices.fault();
    chart.slices = std::move(*slices);
  }
  const auto since = overview.now - 7 * 24h;
  const auto rank = [&](std::vector<ports::JournalRank>& ranks, JournalColumn column,
                        JournalOrder order) -> std::string {
    auto found = journal.ranks(column, order, since, most_ranks);
    if (!found) return found.fault();
    ranks = std::move(*found);
    return {};
  };
  if (auto fault = rank(overview.domains, JournalColumn::domain, JournalOrder::most);
      !fault.empty())
    return fault;
  if (auto fault =
          rank(overview.clients, JournalColumn::client, JournalOrder::most_refused);
      !fault.empty())
    return fault;
  return rank(overview.rules, JournalColumn::rule, JournalOrder::most);
}

std::string fill_from_journal(const Services& services,
                              const OpenJournalCharts& open_journal,
                              status::Overview& overview) {
  const auto& settings = services.config->journal;
  if (!settings.is_kept()) return no_journal;
  auto charts = open_journal(settings.file);
  return charts ? fill_from(**charts, overview) : charts.fault();
}

}  // namespace

std::vector<EgressOnShow> egress_of(const status::Meter& meter, const Services& services) {
  const auto standings = meter.egress().standings();
  std::vector<EgressOnShow> all;
  for (const auto& network : services.config->preflight.egress) {
    const auto address = network.address().text();
    const auto found = standings.find(address);
    all.push_back(
        {address, found == standings.end() ? status::EgressStanding{} : found->second});
  }
  return all;
}

status::Overview gather_overview(const status::Meter& meter, const Services& services,
                                 const front::Seats& seats,
                                 const std::vector<CountedKey>& keys,
                                 const OpenJournalCharts& open_journal) {
  status::Overview overview;
  overview.host = services.authserv_id;
  overview.version = MILTERWARD_VERSION;
  overview.now = services.clock->today();
  overview.began = meter.began();
  overview.configured = meter.configured();
  overview.last_reload_worked = meter.last_reload_worked();
  overview.connections = seats.all();
  overview.messages_in_flight = seats.in_message;
  for (const auto& part : meter.health())
    if (part.fails) overview.failing.emplace_back(part.name);
  for (const auto& row : event_rows())
    if (const auto count = meter.count_of(row.event);
        count > 0 && row.level >= Level::warning)
      overview.troubles.emplace_back(row.name, count);
  overview.charts = {chart_of("hours", "The last 24 hours", overview.now, 1h, 24),
                     chart_of("days", "The last 7 days", overview.now, 6h, 28)};
  overview.journal_fault = fill_from_journal(services, open_journal, overview);
  for (const auto& [address, standing] : egress_of(meter, services))
    overview.egress.push_back({address, status::to_text(standing), standing.is_well()});
  overview.quotas = meter.fullest_quotas();
  for (const auto& key : keys)
    overview.keys.push_back({key.domain, key.selector, key.state, key.since});
  return overview;
}

status::ShownReports gather_reports(const Services& services,
                                    const OpenFeedback& open_feedback) {
  status::ShownReports reports;
  auto reader = open_feedback(services.config->feedback.file);
  if (!reader) {
    reports.fault = reader.fault();
    return reports;
  }
  const auto since = services.clock->today() - 30 * 24h;
  auto picture = feedback::picture_of(**reader, {since, ""}, most_domains_reported);
  if (picture)
    reports.picture = std::move(*picture);
  else
    reports.fault = picture.fault();
  return reports;
}

status::SearchResult search_journal(const Services& services, const std::string& wanted,
                                    const OpenJournalCharts& open_journal) {
  status::SearchResult result{wanted, {}, ""};
  const auto& settings = services.config->journal;
  if (!settings.is_kept()) {
    result.fault = no_journal;
    return result;
  }
  auto journal = open_journal(settings.file);
  if (!journal) {
    result.fault = journal.fault();
    return result;
  }
  auto entries = (*journal)->named(wanted, most_found);
  if (!entries) {
    result.fault = entries.fault();
    return result;
  }
  for (auto& entry : *entries) {
    auto story = status::story_of(entry);
    result.found.push_back({std::move(entry), std::move(story)});
  }
  return result;
}

}  // namespace milterward
