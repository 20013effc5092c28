// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/sendmail_filters.h"

#include <algorithm>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::attach {
namespace {

constexpr std::string_view daemon_filters = "inputmailfilters";

std::vector<std::string> words_of(std::string_view text, char separator) {
  std::vector<std::string> words;
  for (const auto part : split(text, separator))
    if (const auto word = trim(part); !word.empty()) words.emplace_back(word);
  return words;
}

/// "S=unix:/x, F=T, T=C:5s;S:10s"
SendmailFilter filter_of(std::string_view name, std::string_view equates, unsigned line) {
  SendmailFilter filter;
  filter.name = trim(name);
  filter.line = line;
  for (const auto& equate : words_of(equates, ',')) {
    const auto equals = equate.find('=');
    if (equals == std::string::npos) continue;
    const auto value = trim(std::string_view{equate}.substr(equals + 1));
    // Only the first letter counts for Sendmail.
    switch (equate[0]) {
      case 'S':
        filter.socket = value;
        break;
      case 'F':
        filter.flags = value;
        break;
      case 'T':
        for (const auto& limit : words_of(value, ';'))
          if (limit.size() > 2 && limit[1] == ':')
            filter.timeouts[limit[0]] = limit.substr(2);
        break;
      default:  // of no interest
        break;
    }
  }
  return filter;
}

/// "Name=MSA, Port=587, InputMailFilters=a;b"
void read_daemon(std::string_view options, SendmailFilters& found) {
  std::string name = "unnamed";
  std::optional<std::vector<std::string>> filters;
  for (const auto& option : words_of(options, ',')) {
    const auto equals = option.find('=');
    if (equals == std::string::npos) continue;
    const auto key = to_lower(std::string_view{option}.substr(0, equals));
    if (key == "name" || key == "n") name = option.substr(equals + 1);
    if (key == daemon_filters)
      filters = words_of(std::string_view{option}.substr(equals + 1), ';');
  }
  if (filters) found.daemons.emplace_back(name, *filters);
}

/// Lines of .mc without what m4 drops: from "dnl" on, where it is a word of its own.
std::string_view without_dnl(std::string_view line) {
  const auto is_word_part = [](char c) { return is_alnum(c) || c == '_'; };
  for (auto at = line.find("dnl"); at != std::string_view::npos;
       at = line.find("dnl", at + 1)) {
    const bool begins = at == 0 || !is_word_part(line[at - 1]);
    const bool ends = at + 3 == line.size() || !is_word_part(line[at + 3]);
    if (begins && ends) return line.substr(0, at);
  }
  return line;
}

/// The arguments of a macro call that begins behind its "(": quotes `...' taken away, as
/// far as one level goes.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> arguments(1);
  int quotes = 0;
  int parentheses = 0;
  for (const char c : text) {
    if (c == '`' && quotes++ == 0) continue;
    if (c == '\'' && quotes > 0 && --quotes == 0) continue;
    if (quotes == 0) {
      if (c == '(') ++parentheses;
      if (c == ')' && parentheses-- == 0) return arguments;
      if (c == ',' && parentheses == 0) {
        arguments.emplace_back();
        continue;
      }
    }
    arguments.back() += c;
  }
  return {};  // no end
}

class MacroReader {
 public:
  SendmailFilters read(std::string_view text) {
    unsigned number = 0;
    for (const auto raw : split(text, '\n')) {
      ++number;
      const auto line = without_dnl(raw);
      for (std::size_t at = 0; at < line.size(); ++at)
        if (line[at] == '(') read_call(line, at, number);
    }
    return std::move(found_);
  }

 private:
  /// A call whose parenthesis opens at `at`.
  void read_call(std::string_view line, std::size_t at, unsigned number) {
    auto begin = at;
    while (begin > 0 && (is_alnum(line[begin - 1]) || line[begin - 1] == '_')) --begin;
    const auto macro = line.substr(begin, at - begin);
    const auto arguments = arguments_of(line.substr(at + 1));
    if (arguments.empty()) return;
    if (macro == "DAEMON_OPTIONS") read_daemon(arguments[0], found_);
    if (arguments.size() < 2) return;
    if (macro == "INPUT_MAIL_FILTER" || macro == "MAIL_FILTER")
      found_.defined.push_back(filter_of(arguments[0], all_behind(arguments), number));
    if (macro == "INPUT_MAIL_FILTER") found_.asked.push_back(found_.defined.back().name);
    if (macro == "define" && trim(arguments[0]) == "confINPUT_MAIL_FILTERS")
      found_.asked = words_of(all_behind(arguments), ',');
  }

  static std::string all_behind(const std::vector<std::string>& arguments) {
    std::string text = arguments[1];
    for (std::size_t i = 2; i < arguments.size(); ++i) text += "," + arguments[i];
    return text;
  }

  SendmailFilters found_;
};

}  // namespace

SendmailFilters parse_mc(std::string_view text) { return MacroReader{}.read(text); }

SendmailFilters parse_cf(std::string_view text) {
  constexpr std::string_view input_filters = "O InputMailFilters=";
  constexpr std::string_view daemon_options = "O DaemonPortOptions=";
  SendmailFilters found;
  unsigned number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    const auto comma = line.find(',');
    if (line.starts_with('X') && comma != std::string_view::npos)
      found.defined.push_back(
          filter_of(line.substr(1, comma - 1), line.substr(comma + 1), number));
    if (line.starts_with(input_filters))
      found.asked = words_of(line.substr(input_filters.size()), ',');
    if (line.starts_with(daemon_options))
      read_daemon(line.substr(daemon_options.size()), found);
  }
  return found;
}

}  // namespace milterward::attach
