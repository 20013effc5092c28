// SPDX-License-Identifier: Apache-2.0
// How many DNS questions may one message cost, and was any of them left without an answer?
// Whoever writes a message also writes the names in it; SPF and the signature count have
// limits of their own, this one bounds their sum. A decorator, so that no check has to know
// of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

#include "policy/base/guarded.h"
#include "policy/ports/resolver.h"

namespace milterward::ports {

class BudgetedResolver final : public Resolver {
 public:
  /// `resolver` must outlive this.
  BudgetedResolver(Resolver& resolver, std::size_t limit)
      : resolver_(resolver), limit_(limit) {}

  /// Questions past the limit are `over_limit`; repeated ones count again.
  Pending ask(const DnsQuestion& question) override;

  /// How many questions were asked, those past the limit included.
  std::size_t asked() const noexcept { return asked_; }

  /// The first question that somebody waited for in vain: DNS was silent or in error. What
  /// was asked early and not needed after all is none.
  std::optional<DnsQuestion> unanswered() const;

 private:
  class Noted;
  using Note = Guarded<std::optional<DnsQuestion>>;

  Resolver& resolver_;
  const std::size_t limit_;
  std::atomic<std::size_t> asked_{0};
  std::shared_ptr<Note> unanswered_ = std::make_shared<Note>();
};

}  // namespace milterward::ports
