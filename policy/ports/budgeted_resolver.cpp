// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/budgeted_resolver.h"

#include <memory>

namespace milterward::ports {
namespace {

class Refused final : public Pending::State {
 public:
  DnsResult wait(Deadline) override { return Unexpected{DnsFault::over_limit}; }
};

}  // namespace

Pending BudgetedResolver::ask(const DnsQuestion& question) {
  if (asked_++ >= limit_) return Pending{std::make_shared<Refused>()};
  return resolver_.ask(question);
}

}  // namespace milterward::ports
