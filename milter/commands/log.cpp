// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/log.h"

#include <fmt/format.h>

#include <cstdio>

#include "milter/commands/by_hand.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"
#include "milter/status/line.h"

namespace milterward::commands {
namespace {

using ports::JournalEntry;

void print_entry(const JournalEntry& entry) {
  const auto name = entry.queue_id.empty() ? entry.id : entry.queue_id;
  const auto would =
      entry.would.empty() ? std::string{} : fmt::format(" (would {})", entry.would);
  fmt::print("{} {} {}{} {} <{}>", status::timestamp(entry.at), shown(name), entry.verdict,
             would, shown(entry.rule), shown(entry.mail_from));
  for (const auto& recipient : entry.recipients) fmt::print(" <{}>", shown(recipient));
  fmt::print("{}{}\n", entry.client.empty() ? "" : " from " + entry.client,
             entry.login.empty() ? "" : " as " + shown(entry.login));
}

/// One object a line, for programs that read as much as there is.
void print_object(const JournalEntry& entry) {
  fmt::print("{}\n", journal_json(entry, {}, -1));
}

/// Where the time is not one, the fault went to standard error.
bool set_time(WallTime& time, const std::string& text, const char* option) {
  if (text.empty()) return true;
  const auto parsed = parse_time(text, SystemClock{}.today());
  if (parsed) {
    time = *parsed;
    return true;
  }
  fmt::print(stderr,
             "milterward log: {}: {} is no time; write \"2h\" or \"3d\" for so long ago, "
             "or \"2026-11-23 19:31\" in UTC\n",
             option, shown(text));
  return false;
}

}  // namespace

int log(const LogArguments& arguments, const JournalTools& tools) {
  ports::JournalQuery query;
  if (!set_time(query.since, arguments.since, "--since") ||
      !set_time(query.until, arguments.until, "--until"))
    return wrong_usage;
  const auto found = find_journal(arguments.journal, "log");
  if (!found) return failed;
  if (!arguments.from.empty())
    query.mail_from = spellings_of(arguments.from, found->config, tools);
  if (!arguments.to.empty())
    query.recipient = spellings_of(arguments.to, found->config, tools);
  query.rule = arguments.rule;
  query.domain = arguments.domain;
  query.verdict = arguments.verdict;
  query.most = arguments.most;
  const auto reader = tools.open_to_read(found->file);
  if (!reader) return complain("log", reader.fault());
  const auto count = (*reader)->search(
      query, arguments.output == Output::json ? print_object : print_entry);
  if (!count) return complain("log", count.fault());
  return ok;
}

}  // namespace milterward::commands
