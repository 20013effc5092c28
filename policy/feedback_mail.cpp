// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback_mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/sink.h"
#include "policy/rules/direction.h"

namespace milterward {
namespace {

constexpr std::size_t octets_of_a_megabyte = 1000 * 1000;

std::string sole_author(const rules::MessageFacts& facts) {
  return facts.author_domains.size() == 1 ? facts.author_domains.front() : std::string{};
}

}  // namespace

bool FeedbackCollection::is_wanted(const rules::MessageFacts& facts,
                                   const std::vector<std::string>& recipients,
                                   const Services& services) {
  if (!services.feedback || facts.returned != rules::Returned::no ||
      rules::decide_direction(facts).direction != rules::Direction::inbound)
    return false;
  const auto& addresses = services.config->feedback.addresses;
  return std::ranges::any_of(recipients, [&](const std::string& recipient) {
    return std::ranges::any_of(addresses, [&](const std::string& address) {
      return equal_ignoring_case(address, recipient);
    });
  });
}

void FeedbackCollection::body(std::string_view chunk) {
  const auto limit = services_.config->feedback.max_mail * octets_of_a_megabyte;
  if (is_too_large_ || chunk.size() > limit - body_.size()) {
    is_too_large_ = true;
    std::string{}.swap(body_);
    return;
  }
  body_ += chunk;
}

void FeedbackCollection::hand_over(const rules::MessageFacts& facts,
                                   const RawHeaders& headers, const std::string& id) {
  if (is_too_large_) {
    log_event(Event::feedback_refused,
              {{"id", id},
               {"author", sole_author(facts)},
               {"part", ""},
               {"reason", fmt::format("the mail is larger than {} MB (feedback.max_mail)",
                                      services_.config->feedback.max_mail)}});
    return;
  }
  auto mail = std::make_unique<ports::FeedbackMail>();
  mail->id = id;
  mail->author = sole_author(facts);
  mail->passed = !mail->author.empty() && facts.dmarc == auth::DmarcResult::pass;
  std::ranges::copy_if(headers, std::back_inserter(mail->headers), [](const auto& field) {
    return starts_with_ignoring_case(field.name, "Content-");
  });
  mail->body = std::exchange(body_, {});
  services_.feedback->take(std::move(mail));
}

}  // namespace milterward
