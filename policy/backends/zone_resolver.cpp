// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/zone_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsResult;
using ports::DnsType;

constexpr int chain_limit = 8;
constexpr std::chrono::seconds ttl{300};
constexpr std::size_t quoted_limit = 80;  // of a line, in a complaint

/// In lower case, without the final dot.
std::string canonical(std::string_view name) {
  auto lower = to_lower(name);
  if (lower.size() > 1 && lower.ends_with('.')) lower.pop_back();
  return lower;
}

std::string_view next_word(std::string_view& rest) {
  rest = trim(rest);
  std::size_t end = 0;
  while (end < rest.size() && !is_wsp(rest[end])) ++end;
  const auto word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

std::optional<DnsFault> fault_named(std::string_view word) {
  if (word == "TIMEOUT") return DnsFault::timed_out;
  if (word == "SERVFAIL") return DnsFault::server_failure;
  if (word == "BOGUS") return DnsFault::bogus;
  return std::nullopt;
}

std::optional<DnsType> type_named(std::string_view word) {
  for (const auto type :
       {DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ns, DnsType::ptr, DnsType::txt})
    if (equal_ignoring_case(word, ports::to_text(type))) return type;
  return std::nullopt;
}

bool is_number(std::string_view word) { return std::ranges::all_of(word, is_digit); }

/// The value of `\"`, `\\` or `\DDD` (RFC 1035 section 5.1), which begins at `at`; moves
/// `at` to its last character.
std::optional<char> escaped(std::string_view text, std::size_t& at) {
  if (++at == text.size()) return std::nullopt;
  if (!is_digit(text[at])) return text[at];
  unsigned octet = 0;
  const auto digits = text.substr(at, 3);
  if (digits.size() < 3 || !is_number(digits)) return std::nullopt;
  std::from_chars(digits.data(), digits.data() + digits.size(), octet);
  if (octet > 255) return std::nullopt;
  at += 2;
  return static_cast<char>(octet);
}

/// Quoted strings with blanks between, joined; nothing when one does not end, or something
/// else stands among them. A comment may follow.
std::optional<std::string> joined_strings(std::string_view data) {
  std::string joined;
  bool inside = false;
  for (std::size_t at = 0; at < data.size(); ++at) {
    const char c = data[at];
    if (c == '"') {
      inside = !inside;
    } else if (inside && c == '\\') {
      const auto octet = escaped(data, at);
      if (!octet) return std::nullopt;
      joined += *octet;
    } else if (inside) {
      joined += c;
    } else if (c == ';') {
      return joined;
    } else if (!is_wsp(c)) {
      return std::nullopt;
    }
  }
  return inside ? std::nullopt : std::optional{joined};
}

std::string_view without_comment(std::string_view data) {
  return trim(data.substr(0, data.find(';')));
}

bool begins_parenthesis(std::string_view line) {
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == ';') return false;
    if (!quoted && c == '(') return true;
  }
  return false;
}

/// The lines of parenthesised data as one, comments and parentheses gone.
std::string unwrapped(std::string_view line, bool& open) {
  std::string out;
  bool quoted = false;
  char before = '\0';
  for (const char c : line) {
    if (c == '"' && before != '\\') quoted = !quoted;
    before = c;
    if (!quoted && c == ';') break;
    if (!quoted && c == '(') continue;
    if (!quoted && c == ')') {
      open = false;
      continue;
    }
    out += c;
  }
  return out;
}

/// Only data that begins with a parenthesis is wrapped: a TXT record may hold one.
bool is_wrapped(std::string_view line) {
  const auto at = line.find('(');
  return begins_parenthesis(line) && at > 0 && is_wsp(line[at - 1]) &&
         line.substr(0, at).find('=') == std::string_view::npos;
}

struct Line {
  int number = 0;
  std::string text;
};

/// The lines that hold a record, those of a parenthesis as one.
Result<std::vector<Line>, ZoneFault> records_of(std::string_view text) {
  std::vector<Line> lines;
  bool open = false;
  int number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.starts_with(';') || line.starts_with('#')) continue;
    if (open) {
      lines.back().text += " " + unwrapped(line, open);
      continue;
    }
    open = is_wrapped(line);
    lines.push_back({number, open ? unwrapped(line, open) : std::string{line}});
  }
  if (open) return Unexpected{ZoneFault{lines.back().number, "a parenthesis without end"}};
  return lines;
}

/// What a question for the alias itself is answered with.
DnsResult alias_answer(const std::string& target) {
  DnsAnswer answer;
  answer.outcome = DnsOutcome::found;
  answer.ttl = ttl;
  answer.names.push_back(target);
  return std::make_shared<const DnsAnswer>(std::move(answer));
}

class Ready final : public ports::Pending::State {
 public:
  explicit Ready(DnsResult result) : result_(std::move(result)) {}
  DnsResult wait(Deadline) override { return result_; }

 private:
  DnsResult result_;
};

}  // namespace

Result<std::shared_ptr<ZoneResolver>, ZoneFault> ZoneResolver::parse(
    std::string_view text) {
  const auto lines = records_of(text);
  if (!lines) return Unexpected{lines.fault()};
  auto zone = std::make_shared<ZoneResolver>();
  for (const auto& line : *lines)
    if (auto wrong = zone->add(line.text); !wrong.empty())
      return Unexpected{ZoneFault{line.number, std::move(wrong)}};
  return zone;
}

/// "" or what is wrong with the line.
std::string ZoneResolver::add(std::string_view line) {
  if (line.starts_with('$')) return "directives are not known here; write names in full";
  auto rest = line;
  const auto name = canonical(next_word(rest));
  auto word = next_word(rest);
  if (is_number(word)) word = next_word(rest);
  if (equal_ignoring_case(word, "IN")) word = next_word(rest);
  if (is_number(word)) word = next_word(rest);
  if (const auto fault = fault_named(word)) {
    failing_names_[name] = *fault;
    return {};
  }
  if (equal_ignoring_case(word, "CNAME")) {
    const auto target = without_comment(rest);
    if (target.empty()) return "CNAME without a name";
    aliases_[name] = canonical(target);
    return {};
  }
  const auto type = type_named(word);
  if (!type)
    return fmt::format("not a record: {}; write: name TYPE data",
                       printable(line, quoted_limit));
  if (const auto fault = fault_named(rest)) {
    faults_[{name, *type}] = *fault;
    return {};
  }
  return add_record(name, *type, rest);
}

std::string ZoneResolver::add_record(const std::string& name, DnsType type,
                                     std::string_view data) {
  DnsAnswer record;
  switch (type) {
    case DnsType::a:
    case DnsType::aaaa: {
      const auto address = IpAddress::parse(without_comment(data));
      if (!address || address->is_v4() != (type == DnsType::a))
        return fmt::format("not an address of type {}: {}", ports::to_text(type),
                           printable(data, quoted_limit));
      record.addresses.push_back(*address);
      break;
    }
    case DnsType::mx: {
      auto host = without_comment(data);
      const auto preference = next_word(host);
      std::uint16_t number = 0;
      const auto* end = preference.data() + preference.size();
      const auto read = std::from_chars(preference.data(), end, number);
      if (read.ec != std::errc{} || read.ptr != end || host.empty())
        return "MX wants a preference and a host";
      record.exchanges.push_back({number, canonical(host)});
      break;
    }
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      if (without_comment(data).empty())
        return fmt::format("{} without a name", ports::to_text(type));
      record.names.push_back(canonical(without_comment(data)));
      break;
    case DnsType::txt: {
      const auto text =
          data.starts_with('"') ? joined_strings(data) : std::optional<std::string>{data};
      if (!text) return "TXT wants quoted strings, or text without a quote before it";
      record.texts.push_back(*text);
      break;
    }
  }
  auto& answer = answers_[{name, type}];
  answer.outcome = DnsOutcome::found;
  answer.ttl = ttl;
  std::ranges::move(record.addresses, std::back_inserter(answer.addresses));
  std::ranges::move(record.exchanges, std::back_inserter(answer.exchanges));
  std::ranges::move(record.names, std::back_inserter(answer.names));
  std::ranges::move(record.texts, std::back_inserter(answer.texts));
  return {};
}

bool ZoneResolver::exists(const std::string& name) const {
  const std::string below = "." + name;
  const auto is_there = [&](const std::string& known) {
    return known == name || known.ends_with(below);
  };
  return std::ranges::any_of(answers_,
                             [&](const auto& e) { return is_there(e.first.first); }) ||
         std::ranges::any_of(faults_,
                             [&](const auto& e) { return is_there(e.first.first); }) ||
         std::ranges::any_of(aliases_, [&](const auto& e) { return is_there(e.first); });
}

DnsResult ZoneResolver::answer_to(const std::string& name, DnsType type, int depth) const {
  if (const auto failing = failing_names_.find(name); failing != failing_names_.end())
    return Unexpected{failing->second};
  if (const auto fault = faults_.find({name, type}); fault != faults_.end())
    return Unexpected{fault->second};
  if (const auto answer = answers_.find({name, type}); answer != answers_.end())
    return std::make_shared<const DnsAnswer>(answer->second);
  if (const auto alias = aliases_.find(name); alias != aliases_.end()) {
    if (type == DnsType::cname) return alias_answer(alias->second);
    if (depth == chain_limit) return Unexpected{DnsFault::server_failure};
    return answer_to(alias->second, type, depth + 1);
  }
  DnsAnswer negative;
  negative.outcome = exists(name) ? DnsOutcome::no_data : DnsOutcome::no_domain;
  negative.ttl = ttl;
  return std::make_shared<const DnsAnswer>(negative);
}

ports::Pending ZoneResolver::ask(const ports::DnsQuestion& question) {
  return ports::Pending{
      std::make_shared<Ready>(answer_to(canonical(question.name), question.type, 0))};
}

}  // namespace milterward::backends
