// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "milter/attach/child_program.h"
#include "milter/commands/by_hand.h"
#include "milter/commands/exit_codes.h"
#include "milter/status/line_reader.h"
#include "milter/status/monitor_tally.h"

namespace milterward::commands {
namespace {

using Json = nlohmann::ordered_json;
using status::MonitorTally;
using status::NameCounts;
using status::RuleTally;

/// Of one line: 50 fields of 2000 octets, each escaped, would be less.
constexpr std::size_t longest_line = std::size_t{1} << 20;
/// The actions of a verdict, from the strictest, and what a postmaster calls them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> actions{
    {{"reject", "refused"},
     {"defer", "deferred"},
     {"redirect", "redirected"},
     {"quarantine", "quarantined"},
     {"subject", "tagged in the subject"},
     {"tag", "tagged"}}};

/// Lines out of pieces that end anywhere.
class LineFeed {
 public:
  explicit LineFeed(MonitorTally& tally) : tally_(tally) {}

  void take(std::string_view piece) {
    for (const char c : piece) {
      if (c == '\n') {
        end_line();
      } else if (line_.size() < longest_line) {
        line_ += c;
      }
    }
  }
  void end_line() {
    if (const auto event = status::parse_line(line_)) tally_.add(*event);
    line_.clear();
  }

 private:
  MonitorTally& tally_;
  std::string line_;
};

std::optional<std::string> read_stream(std::FILE* file, LineFeed& feed) {
  std::array<char, 65536> piece{};
  while (const auto size = std::fread(piece.data(), 1, piece.size(), file))
    feed.take({piece.data(), size});
  if (std::ferror(file) != 0) return std::strerror(errno);
  return {};
}

/// What was wrong, if anything.
std::optional<std::string> read_log(const ReportArguments& arguments, LineFeed& feed) {
  if (arguments.log == "-") return read_stream(stdin, feed);
  if (!arguments.log.empty()) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
        std::fopen(arguments.log.c_str(), "rb"), std::fclose};
    if (!file) return std::strerror(errno);
    return read_stream(file.get(), feed);
  }
  std::vector<std::string> command{"journalctl", "--unit=milterward.service",
                                   "--output=cat", "--quiet", "--no-pager"};
  if (!arguments.since.empty()) command.push_back("--since=" + arguments.since);
  return attach::stream_program(command, [&](std::string_view piece) { feed.take(piece); });
}

Json to_json(const NameCounts& names, std::size_t most) {
  auto list = Json::array();
  for (const auto& [name, count] : names.top(most))
    list.push_back({{"name", name}, {"count", count}});
  return list;
}

Json to_json(const std::string& name, const RuleTally& rule, std::size_t most) {
  Json object;
  object["rule"] = name;
  object["key"] = rule.mode_key;
  object["would"] = Json::object();
  for (const auto& [action, count] : rule.actions) object["would"][action] = count;
  object["reply"] = rule.reply;
  object["domains"] = to_json(rule.domains, most);
  object["logins"] = to_json(rule.logins, most);
  object["clients"] = to_json(rule.clients, most);
  object["examples"] = Json::array();
  for (const auto& example : rule.examples)
    object["examples"].push_back({{"queue_id", example.queue_id},
                                  {"id", example.id},
                                  {"time", example.time},
                                  {"client", example.client},
                                  {"mail_from", example.mail_from},
                                  {"recipient", example.recipient},
                                  {"login", example.login}});
  return object;
}

void print_json(const MonitorTally& tally, std::size_t most) {
  Json object;
  object["from"] = tally.first_time();
  object["to"] = tally.last_time();
  object["messages"] = tally.messages();
  object["recipients"] = tally.recipients();
  object["enforced"] = tally.enforced();
  object["would"] = Json::object();
  for (const auto& [action, word] : actions)
    object["would"][std::string{action}] = tally.would(action);
  object["rules"] = Json::array();
  for (const auto& [name, rule] : tally.rules())
    object["rules"].push_back(to_json(name, rule, most));
  object["preflight"] = Json::object();
  for (const auto& [finding, accounts] : tally.preflight())
    object["preflight"][finding] = to_json(accounts, most);
  fmt::print("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// "12 refused, 3 deferred"
template <class Count>
std::string in_words(Count count) {
  std::string text;
  for (const auto& [action, word] : actions)
    if (const auto times = count(action); times > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", times, word);
  return text;
}

void print_names(const char* title, const NameCounts& names, std::size_t most) {
  if (names.size() == 0) return;
  std::string text;
  for (const auto& [name, count] : names.top(most))
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", shown(name), count);
  if (names.size() > most) text += fmt::format(", and {} more", names.size() - most);
  if (names.uncounted() > 0)
    text += fmt::format(", and {} times somebody else", names.uncounted());
  fmt::print("  {:<9} {}\n", title, text);
}

void print_rule(const std::string& name, const RuleTally& rule, std::size_t most) {
  const auto count = [&](std::string_view action) {
    const auto at = rule.actions.find(action);
    return at == rule.actions.end() ? std::uint64_t{0} : at->second;
  };
  fmt::print("\n{}: {} (by {})\n", shown(name), in_words(count), rule.mode_key);
  print_names("domains", rule.domains, most);
  print_names("logins", rule.logins, most);
  print_names("clients", rule.clients, most);
  if (!rule.reply.empty()) fmt::print("  {:<9} {}\n", "reply", shown(rule.reply));
  const char* title = "examples";
  for (const auto& example : rule.examples) {
    fmt::print("  {:<9} {} <{}>{}\n", title,
               shown(example.queue_id.empty() ? example.id : example.queue_id),
               shown(example.mail_from),
               example.recipient.empty() ? "" : " to " + shown(example.recipient));
    title = "";
  }
}

void print_text(const MonitorTally& tally, std::size_t most) {
  const auto words = in_words([&](std::string_view action) { return tally.would(action); });
  fmt::print("Enforcement would have changed {}.\n",
             words.empty() ? "nothing" : "this: " + words);
  const auto span = tally.first_time().empty()
                        ? std::string{}
                        : fmt::format(", {} to {}", tally.first_time(), tally.last_time());
  fmt::print(
      "{} messages, and {} recipients before their message{}; {} were refused or "
      "changed by what is enforced already.\n",
      tally.messages(), tally.recipients(), span, tally.enforced());
  std::vector<std::pair<std::string, const RuleTally*>> rules;
  for (const auto& [name, rule] : tally.rules()) rules.emplace_back(name, &rule);
  std::stable_sort(rules.begin(), rules.end(), [](const auto& one, const auto& other) {
    return one.second->count() > other.second->count();
  });
  for (const auto& [name, rule] : rules) print_rule(name, *rule, most);
  if (tally.preflight().empty()) return;
  fmt::print("\nMail of yours that receivers may refuse, by account:\n");
  for (const auto& [finding, accounts] : tally.preflight())
    print_names(finding.c_str(), accounts, most);
}

}  // namespace

int report_monitor(const ReportArguments& arguments) {
  MonitorTally tally;
  LineFeed feed{tally};
  const auto source = arguments.log.empty()  ? "the journal"
                      : arguments.log == "-" ? "standard input"
                                             : arguments.log;
  if (const auto fault = read_log(arguments, feed)) {
    fmt::print(stderr, "milterward report: {} cannot be read: {}\n", source, *fault);
    return failed;
  }
  feed.end_line();
  if (tally.messages() + tally.recipients() == 0) {
    fmt::print(
        stderr,
        "milterward report: there is no decision in {}; name the file where log.target "
        "leads to, or - for standard input\n",
        source);
    return failed;
  }
  if (arguments.output == Output::json)
    print_json(tally, arguments.top);
  else
    print_text(tally, arguments.top);
  return ok;
}

}  // namespace milterward::commands
