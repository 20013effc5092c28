// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/record_lookup.h"

#include <fmt/format.h>

namespace milterward::auth {

using State = RecordAnswer::State;

void RecordLookups::ask(const Domain& domain) {
  if (asked_.contains(domain)) return;
  asked_.emplace(domain,
                 dns_->ask({fmt::format("_dmarc.{}", domain.name()), ports::DnsType::txt}));
}

RecordAnswer RecordLookups::wait(const Domain& domain, Deadline deadline) {
  ask(domain);
  const auto answer = asked_.at(domain).wait(deadline);
  if (!answer) {
    // Too long with its "_dmarc." to be a name: nobody can publish anything there.
    if (answer.fault() == ports::DnsFault::bad_name) return {};
    return {State::unknown, std::nullopt,
            fmt::format("{} for _dmarc.{}", ports::to_text(answer.fault()), domain.name()),
            answer.fault() == ports::DnsFault::timed_out};
  }
  RecordAnswer found;
  for (const auto& text : (*answer)->texts) {
    auto record = parse_dmarc_record(text);
    if (!record) continue;
    if (found.state == State::found)
      return {State::none, std::nullopt,
              fmt::format("several DMARC records at {}", domain.name())};
    found = {State::found, std::move(*record), ""};
  }
  return found;
}

}  // namespace milterward::auth
