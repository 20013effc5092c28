// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_resolver.h"

#include <charconv>
#include <optional>
#include <stdexcept>

#include "policy/base/ascii.h"

namespace milterward::tests {
namespace {

using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsResult;
using ports::DnsType;

constexpr int alias_limit = 8;

std::string canonical(std::string_view name) {
  std::string lower = to_lower(name);
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
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
    if (word == ports::to_text(type)) return type;
  return std::nullopt;
}

std::string_view next_word(std::string_view& rest) {
  rest = trim(rest);
  std::size_t end = 0;
  while (end < rest.size() && !is_wsp(rest[end])) ++end;
  const auto word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

class Ready final : public ports::Pending::State {
 public:
  explicit Ready(DnsResult result) : result_(std::move(result)) {}
  DnsResult wait(Deadline) override { return result_; }

 private:
  DnsResult result_;
};

void append(ports::DnsAnswer& answer, DnsType type, std::string_view value) {
  answer.outcome = DnsOutcome::found;
  answer.ttl = std::chrono::seconds{300};
  answer.expires = SteadyTime::max();  // so that what keeps answers does so in tests
  switch (type) {
    case DnsType::a:
    case DnsType::aaaa:
      answer.addresses.push_back(IpAddress::parse(value).value());
      return;
    case DnsType::mx: {
      const auto preference = next_word(value);
      std::uint16_t number = 0;
      std::from_chars(preference.data(), preference.data() + preference.size(), number);
      answer.exchanges.push_back({number, value == "." ? "." : canonical(value)});
      return;
    }
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      answer.names.push_back(canonical(value));
      return;
    case DnsType::txt:
      answer.texts.emplace_back(value);
      return;
  }
}

}  // namespace

void FakeResolver::add(std::string_view zone) {
  for (const auto line : split(zone, '\n'))
    if (!trim(line).empty()) add_line(trim(line));
}

void FakeResolver::add_line(std::string_view line) {
  auto rest = line;
  const auto name = canonical(next_word(rest));
  const auto word = next_word(rest);
  if (const auto fault = fault_named(word)) {
    dead_names_[name] = *fault;
    return;
  }
  if (word == "CNAME") {
    aliases_[name] = canonical(rest);
    return;
  }
  const auto type = type_named(word);
  if (!type) throw std::runtime_error("no record: " + std::string{line});
  auto& entry = entries_[{name, *type}];
  if (const auto fault = fault_named(rest)) {
    entry.has_fault = true;
    entry.fault = *fault;
    return;
  }
  append(entry.answer, *type, rest);
}

DnsResult FakeResolver::answer_to(const std::string& name, DnsType type, int depth) const {
  if (const auto dead = dead_names_.find(name); dead != dead_names_.end())
    return Unexpected{dead->second};
  if (const auto entry = entries_.find({name, type}); entry != entries_.end()) {
    if (entry->second.has_fault) return Unexpected{entry->second.fault};
    return std::make_shared<const ports::DnsAnswer>(entry->second.answer);
  }
  if (const auto alias = aliases_.find(name); alias != aliases_.end()) {
    if (type == DnsType::cname) {
      ports::DnsAnswer answer;
      append(answer, type, alias->second);
      return std::make_shared<const ports::DnsAnswer>(std::move(answer));
    }
    if (depth == alias_limit) return Unexpected{DnsFault::server_failure};
    return answer_to(alias->second, type, depth + 1);
  }
  ports::DnsAnswer negative;
  negative.outcome = DnsOutcome::no_domain;
  const std::string below = "." + name;
  for (const auto& [key, entry] : entries_)
    if (key.first == name || key.first.ends_with(below))
      negative.outcome = DnsOutcome::no_data;
  return std::make_shared<const ports::DnsAnswer>(negative);
}

ports::Pending FakeResolver::ask(const ports::DnsQuestion& question) {
  const std::lock_guard lock{mutex_};
  asked_.push_back(question);
  return ports::Pending{
      std::make_shared<Ready>(answer_to(canonical(question.name), question.type, 0))};
}

std::vector<ports::DnsQuestion> FakeResolver::asked() const {
  const std::lock_guard lock{mutex_};
  return asked_;
}

}  // namespace milterward::tests
