// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/journal_access.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "milter/commands/files.h"
#include "milter/status/line.h"
#include "policy/base/ascii.h"
#include "policy/sign/pseudonym.h"

namespace milterward::commands {
namespace {

using namespace std::chrono_literals;

/// Takes a whole number off the front, and what must stand behind it.
std::optional<int> take_number(std::string_view& text, std::string_view behind) {
  int number = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (!text.starts_with(behind)) return std::nullopt;
  text.remove_prefix(behind.size());
  return number;
}

std::optional<WallTime> parse_age(std::string_view text, WallTime now) {
  const auto number = take_number(text, "");
  constexpr int longest = 100'000;
  if (!number || *number > longest) return std::nullopt;
  if (text == "m") return now - *number * 1min;
  if (text == "h") return now - *number * 1h;
  if (text == "d") return now - *number * 24h;
  return std::nullopt;
}

std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
  const auto hour = take_number(text, ":");
  const auto minute = take_number(text, "");
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const auto time = *hour * 1h + *minute * 1min;
  if (text.empty()) return time;
  if (!text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_number(text, "");
  if (!second || *second > 60 || !text.empty()) return std::nullopt;
  return time + *second * 1s;
}

std::optional<WallTime> parse_date(std::string_view text) {
  using namespace std::chrono;
  const auto year_ = take_number(text, "-");
  const auto month_ = take_number(text, "-");
  const auto day_ = take_number(text, "");
  if (!year_ || !month_ || !day_ || *year_ < 1970 || *year_ > 2200) return std::nullopt;
  const year_month_day date{year{*year_}, month{static_cast<unsigned>(*month_)},
                            day{static_cast<unsigned>(*day_)}};
  if (!date.ok()) return std::nullopt;
  const WallTime begin{sys_days{date}};
  if (text.empty()) return begin;
  if (text[0] != ' ' && text[0] != 'T') return std::nullopt;
  text.remove_prefix(1);
  if (text.ends_with('Z')) text.remove_suffix(1);
  const auto clock = parse_clock(text);
  if (!clock) return std::nullopt;
  return begin + *clock;
}

}  // namespace

std::optional<FoundJournal> find_journal(const JournalPlace& place, const char* command) {
  auto config = read_config(place.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  auto file = place.file.empty() ? config->journal.file : place.file;
  if (!file.empty()) return FoundJournal{std::move(config).value(), std::move(file)};
  fmt::print(stderr,
             "milterward {}: journal.file is empty in {}, so no decisions are kept; name a "
             "file with --journal\n",
             command, place.config_file);
  return std::nullopt;
}

std::vector<std::string> spellings_of(std::string_view address, const conf::Config& config,
                                      const JournalTools& tools) {
  std::vector<std::string> spellings{to_lower(address)};
  if (const auto secret = tools.secret(config)) {
    auto hashed = sign::pseudonym_of(spellings[0], *secret);
    if (hashed != spellings[0]) spellings.push_back(std::move(hashed));
  }
  return spellings;
}

std::optional<WallTime> parse_time(std::string_view text, WallTime now) {
  if (const auto time = parse_age(text, now)) return time;
  return parse_date(text);
}

std::string journal_json(const ports::JournalEntry& entry,
                         const std::vector<std::string>& story, int indent) {
  using status::for_json;
  nlohmann::ordered_json object;
  object["time"] = status::timestamp(entry.at);
  const auto put = [&](const char* name, const std::string& value) {
    object[name] = for_json(value);
  };
  const auto put_list = [&](const char* name, const std::vector<std::string>& values) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& value : values) list.push_back(for_json(value));
    object[name] = std::move(list);
  };
  put("kind", entry.kind);
  put("id", entry.id);
  put("queue_id", entry.queue_id);
  put("message_id", entry.message_id);
  put("direction", entry.direction);
  put("reason", entry.reason);
  put("client", entry.client);
  put("mail_from", entry.mail_from);
  put("login", entry.login);
  put("domain", entry.domain);
  put_list("recipients", entry.recipients);
  put("verdict", entry.verdict);
  put("rule", entry.rule);
  put("mode", entry.mode);
  put("would", entry.would);
  put("reply", entry.reply);
  put("because", entry.because);
  put_list("findings", entry.findings);
  put("dmarc", entry.dmarc);
  put("signed", entry.signed_with);
  put("sealed", entry.sealed_as);
  object["latency_us"] = entry.latency.count();
  put("facts", entry.facts);
  put("want", entry.want);
  if (!story.empty()) put_list("story", story);
  return object.dump(indent, ' ', /*ensure_ascii=*/true);
}

}  // namespace milterward::commands
