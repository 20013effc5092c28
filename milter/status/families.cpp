// SPDX-License-Identifier: Apache-2.0
#include "milter/status/families.h"

#include <array>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

namespace milterward::status {
namespace {

using ports::MetricFamily;
using ports::MetricSample;
using Kind = MetricFamily::Kind;
using Labels = std::vector<std::pair<std::string, std::string>>;

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>{time}.count();
}

double seconds(WallTime time) {
  return std::chrono::duration<double>{time.time_since_epoch()}.count();
}

template <class Number>
MetricSample sample(Labels labels, Number value) {
  return {std::move(labels), static_cast<double>(value)};
}

/// Buckets of monitoring systems hold what those before them hold too.
MetricSample sample_of(Labels labels, const Histogram& histogram) {
  const auto picture = histogram.picture();
  MetricSample all{std::move(labels)};
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < picture.buckets.size(); ++i) {
    so_far += picture.buckets[i];
    const bool is_last = i == Histogram::bounds.size();
    all.buckets.push_back(
        {is_last ? std::numeric_limits<double>::infinity() : seconds(Histogram::bounds[i]),
         so_far});
  }
  all.sum = seconds(picture.sum);
  return all;
}

/// Each row of which `is_meant`; words without a name are left out.
template <class IsMeant>
std::vector<MetricSample> samples_of(const Tally& tally,
                                     const std::vector<std::string>& names,
                                     IsMeant is_meant) {
  std::vector<MetricSample> samples;
  for (const auto& row : tally.rows()) {
    if (!is_meant(row)) continue;
    Labels labels;
    for (std::size_t i = 0; i < names.size() && i < row.words.size(); ++i)
      if (!names[i].empty()) labels.emplace_back(names[i], row.words[i]);
    samples.push_back(sample(std::move(labels), row.count));
  }
  return samples;
}

std::vector<MetricSample> samples_of(const Tally& tally,
                                     const std::vector<std::string>& names) {
  return samples_of(tally, names, [](const Tally::Row&) { return true; });
}

void add_mail(std::vector<MetricFamily>& all, const Meter& meter) {
  const auto is_of_message = [](const Tally::Row& row) {
    return row.words.front() == "message" || row.words.front() == "other";
  };
  all.push_back({"milterward_messages_total",
                 "Decisions at the end of messages, by what was done (verdict), the rule "
                 "that decided, and what monitor mode held back (would).",
                 Kind::counter,
                 samples_of(meter.decisions(),
                            {"", "direction", "verdict", "rule", "would"}, is_of_message)});
  all.push_back(
      {"milterward_early_decisions_total",
       "Senders and recipients that were refused before the message, or would "
       "have been.",
       Kind::counter,
       samples_of(meter.decisions(), {"step", "direction", "verdict", "rule", "would"},
                  [&](const Tally::Row& row) { return !is_of_message(row); })});
  all.push_back({"milterward_auth_results_total",
                 "Results of the checks of mail from strangers; of DKIM one a signature.",
                 Kind::counter, samples_of(meter.results(), {"method", "result"})});
  all.push_back({"milterward_signing_total",
                 "Messages of our own users by whether they could be signed.",
                 Kind::counter, samples_of(meter.signings(), {"state"})});
  all.push_back({"milterward_message_duration_seconds",
                 "From MAIL to the verdict on the message, the client's own time included.",
                 Kind::histogram,
                 {sample_of({}, meter.message_times())}});
  MetricFamily stages{"milterward_stage_duration_seconds",
                      "How long the mail server waited for us at a step of SMTP.",
                      Kind::histogram,
                      {}};
  for (std::size_t i = 0; i < ports::stage_count; ++i) {
    const auto stage = static_cast<ports::Stage>(i);
    stages.samples.push_back(sample_of({{"stage", std::string{ports::to_text(stage)}}},
                                       meter.stage_times(stage)));
  }
  all.push_back(std::move(stages));
}

void add_world(std::vector<MetricFamily>& all, const Meter& meter) {
  MetricFamily asked{"milterward_dns_questions_total",
                     "Questions for DNS: answered from the cache, joined to one under way, "
                     "or sent.",
                     Kind::counter,
                     {}};
  for (const auto how :
       {ports::DnsAsked::cached, ports::DnsAsked::joined, ports::DnsAsked::sent})
    asked.samples.push_back(sample({{"outcome", std::string{ports::to_text(how)}}},
                                   meter.dns_asked_count(how)));
  all.push_back(std::move(asked));
  all.push_back({"milterward_dns_answers_total",
                 "What came of questions that were sent; timed_out, server_failure and "
                 "bogus are faults.",
                 Kind::counter, samples_of(meter.dns_answers(), {"result"})});
  all.push_back({"milterward_dns_answer_duration_seconds",
                 "How long questions that were sent took.",
                 Kind::histogram,
                 {sample_of({}, meter.dns_times())}});
  all.push_back({"milterward_store_operations_total",
                 "What was asked of the store of counters, and whether it answered.",
                 Kind::counter, samples_of(meter.store_uses(), {"operation", "result"})});
  all.push_back({"milterward_store_operation_duration_seconds",
                 "How long the store of counters took.",
                 Kind::histogram,
                 {sample_of({}, meter.store_times())}});
  MetricFamily failing{"milterward_failing",
                       "1 while that part of the world does not answer, as the log said.",
                       Kind::gauge,
                       {}};
  for (const auto& part : meter.health())
    failing.samples.push_back(
        sample({{"part", std::string{part.name}}}, part.fails ? 1 : 0));
  all.push_back(std::move(failing));
  all.push_back({"milterward_journal_entries_written_total",
                 "Decisions that the journal keeps.",
                 Kind::counter,
                 {sample({}, meter.journal_written())}});
  all.push_back({"milterward_journal_entries_dropped_total",
                 "Decisions that the journal could not keep.",
                 Kind::counter,
                 {sample({}, meter.journal_missing())}});
}

void add_quotas(std::vector<MetricFamily>& all, const Meter& meter) {
  std::map<std::string, std::size_t> close;
  for (const auto* scope : {"account", "domain", "client", "egress"}) close[scope] = 0;
  for (const auto& quota : meter.fullest_quotas())
    if (quota.percent() >= QuotaWatch::near_percent) ++close[quota.scope];
  MetricFamily family{"milterward_quotas_near_limit",
                      "Limits that mail of the last hour found used to 80 percent or more.",
                      Kind::gauge,
                      {}};
  for (const auto& [scope, count] : close)
    family.samples.push_back(sample({{"scope", scope}}, count));
  all.push_back(std::move(family));
}

void add_moment(std::vector<MetricFamily>& all, const Moment& moment) {
  all.push_back({"milterward_connections",
                 "Connections of the mail server, with a message under way or without.",
                 Kind::gauge,
                 {sample({{"state", "idle"}}, moment.idle_connections),
                  sample({{"state", "in_message"}}, moment.messages_in_flight)}});
  MetricFamily keys{"milterward_signing_keys",
                    "Private keys by how far they are in their lives; \"unusable\" ones "
                    "could not be loaded.",
                    Kind::gauge,
                    {}};
  for (const auto& [state, count] : moment.keys_by_state)
    keys.samples.push_back(sample({{"state", state}}, count));
  all.push_back(std::move(keys));
  all.push_back({"milterward_key_cache_domains",
                 "Domains whose keys are in memory, loaded when their mail came.",
                 Kind::gauge,
                 {sample({}, moment.domains_with_loaded_keys)}});
  all.push_back({"milterward_egress_listings",
                 "Lists in DNS that speak against an address of preflight.egress.",
                 Kind::gauge,
                 {sample({}, moment.egress_listings)}});
  all.push_back({"milterward_egress_names_broken",
                 "Addresses of preflight.egress to which no name leads back.",
                 Kind::gauge,
                 {sample({}, moment.egress_names_broken)}});
  all.push_back({"process_resident_memory_bytes",
                 "Resident memory of the daemon.",
                 Kind::gauge,
                 {sample({}, moment.resident_bytes)}});
}

void add_daemon(std::vector<MetricFamily>& all, const Meter& meter) {
  MetricFamily events{"milterward_events_total",
                      "Events of milterward-events(7), whether the log shows them or not.",
                      Kind::counter,
                      {}};
  for (const auto& row : event_rows())
    events.samples.push_back(
        sample({{"event", std::string{row.name}}}, meter.count_of(row.event)));
  all.push_back(std::move(events));
  all.push_back({"milterward_build_info",
                 "Always 1; which version this is.",
                 Kind::gauge,
                 {sample({{"version", MILTERWARD_VERSION}}, 1)}});
  all.push_back({"process_start_time_seconds",
                 "When the daemon began, in seconds since 1970.",
                 Kind::gauge,
                 {sample({}, seconds(meter.began()))}});
  all.push_back({"milterward_config_loaded_timestamp_seconds",
                 "When the configuration in force was read, in seconds since 1970.",
                 Kind::gauge,
                 {sample({}, seconds(meter.configured()))}});
  all.push_back({"milterward_config_last_reload_successful",
                 "0 when the last reload kept the former configuration.",
                 Kind::gauge,
                 {sample({}, meter.last_reload_worked() ? 1 : 0)}});
}

}  // namespace

std::vector<MetricFamily> families_of(const Meter& meter, const Moment& moment) {
  std::vector<MetricFamily> all;
  add_mail(all, meter);
  add_world(all, meter);
  add_quotas(all, meter);
  add_moment(all, moment);
  add_daemon(all, meter);
  return all;
}

}  // namespace milterward::status
