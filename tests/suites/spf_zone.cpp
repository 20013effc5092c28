// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/spf_zone.h"

#include <algorithm>

#include "policy/auth/spf/questions.h"
#include "policy/base/ascii.h"

namespace milterward::suites {
namespace {

using ports::DnsAnswer;
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

std::string key_of(std::string_view name) {
  return auth::presentation_form(canonical(name));
}

class Ready final : public ports::Pending::State {
 public:
  explicit Ready(DnsResult result) : result_(std::move(result)) {}
  DnsResult wait(Deadline) override { return result_; }

 private:
  DnsResult result_;
};

}  // namespace

ports::Pending SpfZone::ask(const ports::DnsQuestion& question) {
  ++questions_;
  return ports::Pending{
      std::make_shared<Ready>(answer_to(canonical(question.name), question.type, 0))};
}

DnsResult SpfZone::answer_to(const std::string& name, DnsType type, int depth) const {
  if (const auto found = answers_.find({name, type}); found != answers_.end())
    return std::make_shared<const DnsAnswer>(found->second);
  if (const auto fault = faults_.find({name, type}); fault != faults_.end())
    return Unexpected{fault->second};
  if (const auto fault = failing_names_.find(name); fault != failing_names_.end())
    return Unexpected{fault->second};
  if (const auto alias = aliases_.find(name); alias != aliases_.end()) {
    if (depth == alias_limit) return Unexpected{DnsFault::server_failure};
    return answer_to(alias->second, type, depth + 1);
  }
  const std::string below = "." + name;
  const bool exists = std::ranges::any_of(names_, [&](const auto& entry) {
    return entry.first == name || entry.first.ends_with(below);
  });
  DnsAnswer negative;
  negative.outcome = exists ? DnsOutcome::no_data : DnsOutcome::no_domain;
  return std::make_shared<const DnsAnswer>(negative);
}

void SpfZone::add_name(std::string_view name) { names_[key_of(name)] = true; }

DnsAnswer& SpfZone::answer(std::string_view name, DnsType type) {
  add_name(name);
  auto& answer = answers_[{key_of(name), type}];
  answer.outcome = DnsOutcome::found;
  return answer;
}

void SpfZone::add_address(std::string_view name, std::string_view address) {
  const auto parsed = IpAddress::parse(address).value();
  answer(name, parsed.is_v4() ? DnsType::a : DnsType::aaaa).addresses.push_back(parsed);
}

void SpfZone::add_exchange(std::string_view name, std::uint16_t preference,
                           std::string_view host) {
  answer(name, DnsType::mx)
      .exchanges.push_back({preference, host.empty() ? "." : canonical(host)});
}

void SpfZone::add_name_record(std::string_view name, DnsType type,
                              std::string_view target) {
  answer(name, type).names.push_back(canonical(target));
}

void SpfZone::add_text(std::string_view name, std::string text) {
  answer(name, DnsType::txt).texts.push_back(std::move(text));
}

void SpfZone::add_alias(std::string_view name, std::string_view target) {
  add_name(name);
  aliases_[key_of(name)] = key_of(target);
}

void SpfZone::fail(std::string_view name, DnsFault fault) {
  add_name(name);
  failing_names_[key_of(name)] = fault;
}

void SpfZone::fail(std::string_view name, DnsType type, DnsFault fault) {
  add_name(name);
  faults_[{key_of(name), type}] = fault;
}

bool SpfZone::has(std::string_view name, DnsType type) const {
  return answers_.contains({key_of(name), type});
}

}  // namespace milterward::suites
