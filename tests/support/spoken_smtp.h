// SPDX-License-Identifier: Apache-2.0
// A server's side of SMTP in a test: lines as they come, each answered as the test says,
// and a mail as one line, with the dot at its end.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "policy/ports/smtp_server.h"

namespace milterward::tests {

class SpokenSmtp : public ports::SmtpConnection {
 public:
  std::optional<ports::SmtpFault> send(std::string_view octets) override {
    said_ += octets;
    for (;;) {
      const std::string_view end = is_mail_ ? "\r\n.\r\n" : "\r\n";
      const auto at = said_.find(end);
      if (at == std::string::npos) return std::nullopt;
      const auto line = said_.substr(0, at + end.size() - 2);
      said_.erase(0, at + end.size());
      replies_.push_back(reply_to(line));
      is_mail_ = replies_.back() && replies_.back()->code == 354;
    }
  }

  ports::SmtpResult hear() override {
    if (replies_.empty()) return Unexpected{ports::SmtpFault::timed_out};
    auto reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }

 private:
  virtual ports::SmtpResult reply_to(std::string_view line) = 0;

  std::string said_;
  bool is_mail_ = false;
  std::deque<ports::SmtpResult> replies_;
};

}  // namespace milterward::tests
