// SPDX-License-Identifier: Apache-2.0
#include "milter/status/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "milter/status/blocks.h"
#include "milter/status/feedback_section.h"
#include "milter/status/html.h"
#include "policy/base/unreachable.h"

namespace milterward::status {
namespace {

using namespace std::chrono_literals;

/// "3 days", "5 hours", "2 minutes"
std::string length_of(WallTime::duration time) {
  using std::chrono::duration_cast;
  const auto say = [](std::int64_t count, const char* unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  if (time >= 48h) return say(duration_cast<std::chrono::hours>(time).count() / 24, "day");
  if (time >= 2h) return say(duration_cast<std::chrono::hours>(time).count(), "hour");
  return say(std::max<std::int64_t>(duration_cast<std::chrono::minutes>(time).count(), 0),
             "minute");
}

std::string page(const std::string& title, const std::string& main) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>{}</title>"
      "<link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n"
      "<a class=\"skip\" href=\"#main\">To the content</a>\n{}</body></html>\n",
      html(title), main);
}

/// Landmarks that all pages share. `wanted` is what was searched for.
std::string header_of(const std::string& heading, const std::string& wanted) {
  return fmt::format(
      "<header><h1>{}</h1><form role=\"search\" action=\"/search\" method=\"get\">"
      "<label for=\"q\">Queue id or Message-ID</label> "
      "<input id=\"q\" name=\"q\" type=\"search\" maxlength=\"300\" value=\"{}\" "
      "autocomplete=\"off\" spellcheck=\"false\"> "
      "<button>Search</button></form></header>\n",
      html(heading), html(wanted));
}

std::string now_of(const Overview& overview) {
  std::string failing;
  for (const auto& part : overview.failing)
    failing += (failing.empty() ? "" : ", ") + html(part);
  std::string text = "<dl class=\"facts\">";
  text += term("State",
               failing.empty()
                   ? "<span class=\"well\">all answers</span>"
                   : fmt::format("<strong class=\"ill\">failing: {}</strong>", failing));
  text += term("Messages under way", std::to_string(overview.messages_in_flight));
  text += term("Connections", std::to_string(overview.connections));
  text += term("Running for", length_of(overview.now - overview.began));
  text +=
      term("Configuration read", length_of(overview.now - overview.configured) + " ago");
  if (!overview.last_reload_worked)
    text +=
        term("Last reload",
             "<strong class=\"ill\">refused: milterward check-config says why</strong>");
  text += term("Version", html(overview.version)) + "</dl>\n";
  if (overview.troubles.empty()) return text;
  std::vector<Cells> rows;
  for (const auto& [event, count] : overview.troubles)
    rows.push_back({html(event), std::to_string(count)});
  return text + table("What needed a person since the start, see milterward-events(7)",
                      {"Event", "How often"}, rows);
}

/// What speaks for the list, or why it is not there.
std::string ranking(const std::string& caption, const std::string& head,
                    const std::vector<ports::JournalRank>& ranks) {
  if (ranks.empty()) return fmt::format("<p>{}: none.</p>\n", html(caption));
  std::vector<Cells> rows;
  for (const auto& rank : ranks)
    rows.push_back(
        {island(rank.name), std::to_string(rank.all), std::to_string(rank.refused)});
  return table(caption, {head, "Decisions", "Refused"}, rows);
}

std::string missing_journal(const Overview& overview) {
  return fmt::format("<p>There is nothing to show: {}.</p>\n",
                     html(overview.journal_fault));
}

std::string hint(Access access) {
  switch (access) {
    case Access::names_shown:
      return "";
    case Access::names_hidden:
      return "<p class=\"hint\">Addresses, logins and clients are hidden. "
             "<a href=\"/token\">Show them</a> with the token of status.token_file.</p>\n";
    case Access::no_token:
      return "<p class=\"hint\">Addresses, logins and clients are hidden, since no "
             "status.token_file is set.</p>\n";
  }
  unreachable();
}

std::string subject_of(const WatchedQuota& quota, Access access) {
  if (access == Access::names_shown || quota.scope == "domain")
    return island(quota.subject);
  if (quota.scope == "account") return island(without_local_part(quota.subject));
  return "hidden";
}

std::string quotas_of(const Overview& overview, Access access) {
  if (overview.quotas.empty())
    return "<p>Nobody's mail of the last hour had used half of a limit.</p>\n";
  constexpr std::size_t most = 50;
  std::vector<Cells> rows;
  for (const auto& quota : overview.quotas) {
    if (rows.size() == most) break;
    rows.push_back({subject_of(quota, access), html(quota.scope),
                    html(fmt::format("{}/{}", quota.measure, quota.period)),
                    fmt::format("<meter min=\"0\" max=\"100\" high=\"80\" value=\"{0}\" "
                                "aria-label=\"{0} percent\">{0} %</meter> {1} of {2}",
                                std::min<std::uint64_t>(quota.percent(), 100), quota.used,
                                quota.limit)});
  }
  return table(
      fmt::format("Limits half used or more within the last hour, {} of {}; limits of "
                  "those who warm up are those of their step",
                  rows.size(), overview.quotas.size()),
      {"Whose", "Kind", "Limit", "Used"}, rows);
}

std::string keys_of(const Overview& overview) {
  if (overview.keys.empty()) return "<p>No key is known.</p>\n";
  constexpr std::size_t most = 200;
  std::vector<Cells> rows;
  for (const auto& key : overview.keys) {
    if (rows.size() == most) break;
    const bool is_known = key.since.time_since_epoch().count() != 0;
    rows.push_back({island(key.domain), html(key.selector),
                    key.state == "unusable" ? "<strong class=\"ill\">unusable</strong>"
                                            : html(key.state),
                    is_known ? length_of(overview.now - key.since) : "not known"});
  }
  return table(fmt::format("Private keys, {} of {}", rows.size(), overview.keys.size()),
               {"Domain", "Selector", "State", "For"}, rows);
}

std::string egress_of(const Overview& overview, Access access) {
  if (overview.egress.empty())
    return "<p>No address that mail leaves from is watched (preflight.egress).</p>\n";
  std::vector<Cells> rows;
  for (const auto& egress : overview.egress)
    rows.push_back({access == Access::names_shown ? island(egress.address) : "hidden",
                    egress.is_well ? html(egress.state)
                                   : fmt::format("<strong class=\"ill\">{}</strong>",
                                                 html(egress.state))});
  return table("Addresses that mail leaves from", {"Address", "State"}, rows);
}

constexpr auto links =
    "<nav aria-label=\"Sections\"><ul><li><a href=\"#now\">Now</a></li>"
    "<li><a href=\"#mail\">Mail</a></li><li><a href=\"#domains\">Domains</a></li>"
    "<li><a href=\"#refused\">Refused</a></li><li><a href=\"#quotas\">Quotas</a></li>"
    "<li><a href=\"#keys\">Keys</a></li><li><a "
    "href=\"#egress\">Egress</a></li><li><a "
    "href=\"#reports\">Reports</a></li></ul></nav>\n";

std::string charts_of(const Overview& overview) {
  if (!overview.journal_fault.empty()) return missing_journal(overview);
  std::string text;
  for (const auto& chart : overview.charts) text += figure_of(chart);
  return text;
}

std::string refused_of(const Overview& overview, Access access) {
  if (!overview.journal_fault.empty()) return missing_journal(overview);
  auto text = ranking("Rules that decided, last 7 days", "Rule", overview.rules);
  if (access == Access::names_shown)
    text +=
        ranking("Clients that were refused most, last 7 days", "Client", overview.clients);
  return text;
}

/// Of one decision.
std::string story_of(const Found& found, Access access) {
  const auto& entry = found.entry;
  if (access != Access::names_shown) {
    std::string text = "<dl class=\"facts\">";
    text += term("Decided", html(minute_of(entry.at)) + " UTC");
    text += term("At", html(entry.kind)) + term("Direction", html(entry.direction));
    text += term("Domain", island(entry.domain));
    text += term("Outcome", html(outcome_of(entry.verdict)));
    text += term("Rule", html(entry.rule));
    return fmt::format("<article>{}</dl></article>\n", text);
  }
  std::string text = fmt::format("<article><h2>{}</h2>\n<ol>", html(found.story.title));
  for (const auto& sentence : found.story.sentences)
    text += fmt::format("<li>{}</li>\n", island(sentence, 2000));
  return text + fmt::format("</ol>\n<p class=\"end\">{}</p></article>\n",
                            island(found.story.end, 2000));
}

}  // namespace

std::string without_local_part(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? "…" : fmt::format("…{}", address.substr(at));
}

std::string overview_page(const Overview& overview, Access access) {
  std::string main = header_of("Milterward on " + overview.host, "");
  main += links;
  main += "<main id=\"main\" tabindex=\"-1\">\n" + hint(access);
  main += section("now", "Now", now_of(overview));
  main += section("mail", "Mail", charts_of(overview));
  main += section("domains", "Domains",
                  overview.journal_fault.empty()
                      ? ranking("Domains of authors and senders, last 7 days", "Domain",
                                overview.domains)
                      : missing_journal(overview));
  main += section("refused", "What was refused", refused_of(overview, access));
  main += section("quotas", "Quotas and warm-up", quotas_of(overview, access));
  main += section("keys", "Keys", keys_of(overview));
  main += section("egress", "Egress", egress_of(overview, access));
  main += section("reports", "What others say of mail in your domains",
                  feedback_content(overview.reports, access));
  main += fmt::format(
      "</main>\n<footer><p>As of {} UTC. <a href=\"/metrics\">Numbers for "
      "Prometheus</a></p></footer>\n",
      minute_of(overview.now));
  return page("Milterward on " + overview.host, main);
}

std::string search_page(const SearchResult& result, const std::string& host,
                        Access access) {
  std::string main = header_of("What became of a message", result.wanted);
  main += "<nav aria-label=\"Back\"><ul><li><a href=\"/\">All of " + html(host) +
          "</a></li></ul></nav>\n<main id=\"main\" tabindex=\"-1\">\n" + hint(access);
  if (!result.fault.empty()) {
    main += fmt::format("<p>{}</p>\n", html(result.fault, 1000));
  } else if (result.found.empty()) {
    main += fmt::format(
        "<p>Nothing is known of {}. Only what the journal still has can be found, by the "
        "whole queue id, Message-ID or id of ours.</p>\n",
        island(result.wanted));
  } else {
    main += fmt::format("<p>{} decision{} about {}:</p>\n", result.found.size(),
                        result.found.size() == 1 ? "" : "s", island(result.wanted));
    for (const auto& found : result.found) main += story_of(found, access);
  }
  return page("What became of a message", main + "</main>\n");
}

std::string note_page(const std::string& heading, const std::string& sentence) {
  return page(heading,
              fmt::format("<header><h1>{}</h1></header>\n<main id=\"main\" tabindex=\"-1\">"
                          "<p>{}</p><p><a href=\"/\">Back</a></p></main>\n",
                          html(heading), html(sentence)));
}

}  // namespace milterward::status
