// SPDX-License-Identifier: Apache-2.0
// The DNS of one message: nothing is asked twice, not even what may not be kept for others,
// and no more than so many questions. Whoever writes a message also writes the names in it;
// SPF and the signature count have limits of their own, this one bounds their sum. Notes
// whether a question was left without an answer. A decorator, so that no check has to know
// of it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "policy/base/guarded.h"
#include "policy/ports/resolver.h"

namespace milterward::ports {

class BudgetedResolver final : public Resolver {
 public:
  /// `resolver` must outlive this.
  BudgetedResolver(Resolver& resolver, std::size_t limit)
      : resolver_(resolver), limit_(limit) {}

  /// Questions past the limit are `over_budget`; repeated ones do not count.
  Pending ask(const DnsQuestion& question) override;

  /// The first question that somebody waited for in vain: DNS was silent or in error. What
  /// was asked early and not needed after all is none.
  std::optional<DnsQuestion> unanswered() const;

 private:
  class Noted;
  using Note = Guarded<std::optional<DnsQuestion>>;

  Resolver& resolver_;
  const std::size_t limit_;
  Guarded<std::vector<std::shared_ptr<Noted>>> asked_;
  std::shared_ptr<Note> unanswered_ = std::make_shared<Note>();
};

}  // namespace milterward::ports
