// SPDX-License-Identifier: Apache-2.0
// Mail of a stranger to an address where reports are expected (feedback.addresses): its
// body is kept until the message is accepted, and then given to whoever reads it. Whether
// it holds a report is not asked here, and changes nothing about the mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/header.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

class FeedbackCollection {
 public:
  /// Is it such mail? Addresses are compared without regard to case.
  static bool is_wanted(const rules::MessageFacts& facts,
                        const std::vector<std::string>& recipients,
                        const Services& services);

  explicit FeedbackCollection(const Services& services) : services_(services) {}

  void body(std::string_view chunk);
  /// Of an accepted message, with what was found about it.
  void hand_over(const rules::MessageFacts& facts, const RawHeaders& headers,
                 const std::string& id);

 private:
  const Services& services_;
  std::string body_;
  bool is_too_large_ = false;
};

}  // namespace milterward
