// SPDX-License-Identifier: Apache-2.0
#include "policy/doctor/examination.h"

#include <fmt/format.h>

#include "policy/base/ascii.h"

namespace milterward::doctor {
namespace {

constexpr std::size_t quoted_limit = 120;

}  // namespace

ports::Pending RememberingResolver::ask(const ports::DnsQuestion& question) {
  const std::pair key{to_lower(question.name), question.type};
  const auto known = asked_.find(key);
  if (known != asked_.end()) return known->second;
  return asked_.emplace(key, dns_.ask(question)).first->second;
}

ports::DnsResult Examination::look_up(const std::string& name, ports::DnsType type) {
  auto answer = dns_.look_up({name, type}, deadline());
  if (!answer && answer.fault() == ports::DnsFault::bad_name) {
    ports::DnsAnswer none;
    none.outcome = ports::DnsOutcome::no_domain;
    return std::make_shared<const ports::DnsAnswer>(std::move(none));
  }
  return answer;
}

void Examination::find(const Kind& kind, std::string what, std::vector<Record> publish,
                       std::string cure) {
  findings_.push_back({&kind, std::move(what), std::move(publish), std::move(cure), {}});
}

void Examination::find_unanswered(const Kind& kind, const std::string& name,
                                  ports::DnsType type, ports::DnsFault fault) {
  find(kind,
       fmt::format("DNS did not answer for {} {}: {}", ports::to_text(type), quote(name),
                   ports::to_text(fault)),
       {}, "ask again; if it lasts, look at the name servers of that name");
}

std::string quote(std::string_view text) {
  auto shown = printable(text, quoted_limit);
  if (text.size() > quoted_limit) shown += "...";
  return shown;
}

}  // namespace milterward::doctor
