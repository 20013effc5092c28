// SPDX-License-Identifier: Apache-2.0
// Of the keys there are, those that may sign: the active ones, and those of which nothing
// is said (ports/key_states.h).
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "policy/ports/domain_keys.h"
#include "policy/ports/key_states.h"

namespace milterward::sign {

class ManagedKeys final : public ports::DomainKeys {
 public:
  ManagedKeys(std::shared_ptr<ports::DomainKeys> keys,
              std::shared_ptr<ports::KeyStates> states)
      : keys_(std::move(keys)), states_(std::move(states)) {}

  Result<std::vector<ports::DomainKey>, ports::KeyFault> keys_of(
      const Domain& domain, const std::vector<ports::DomainKey>& former,
      Deadline deadline) override;

 private:
  const std::shared_ptr<ports::DomainKeys> keys_;
  const std::shared_ptr<ports::KeyStates> states_;
};

}  // namespace milterward::sign
