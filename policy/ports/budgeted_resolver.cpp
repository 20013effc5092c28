// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/budgeted_resolver.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace milterward::ports {
namespace {

constexpr std::size_t usual_questions = 16;

class Refused final : public Pending::State {
 public:
  DnsResult wait(Deadline) override { return Unexpected{DnsFault::over_budget}; }
};

}  // namespace

class BudgetedResolver::Noted final : public Pending::State {
 public:
  Noted(Pending pending, DnsQuestion question, std::shared_ptr<Note> unanswered)
      : pending_(std::move(pending)),
        question_(std::move(question)),
        unanswered_(std::move(unanswered)) {}

  const DnsQuestion& question() const noexcept { return question_; }
  DnsResult wait(Deadline deadline) override {
    auto result = pending_.wait(deadline);
    if (!result && !is_permanent(result.fault()))
      unanswered_->with([&](auto& first) {
        if (!first) first = question_;
      });
    return result;
  }

 private:
  const Pending pending_;
  const DnsQuestion question_;
  const std::shared_ptr<Note> unanswered_;
};

Pending BudgetedResolver::ask(const DnsQuestion& question) {
  return asked_.with([&](auto& asked) {
    const auto known = std::ranges::find_if(
        asked, [&](const auto& one) { return one->question() == question; });
    if (known != asked.end()) return Pending{*known};
    const bool is_within = asked.size() < limit_;
    if (asked.empty()) asked.reserve(usual_questions);
    auto answer = std::make_shared<Noted>(
        is_within ? resolver_.ask(question) : Pending{std::make_shared<Refused>()},
        question, unanswered_);
    if (is_within) asked.push_back(answer);
    return Pending{std::move(answer)};
  });
}

std::optional<DnsQuestion> BudgetedResolver::unanswered() const {
  return unanswered_->with([](const auto& first) { return first; });
}

}  // namespace milterward::ports
