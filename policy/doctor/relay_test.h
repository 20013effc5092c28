// SPDX-License-Identifier: Apache-2.0
// Plays the relay battery against a server and judges its replies. Stops at RCPT: no
// message is ever begun, so nothing can arrive anywhere; a server that only decides at DATA
// looks open here, and a reader of the report must know that.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/doctor/relay_battery.h"
#include "policy/ports/smtp_server.h"

namespace milterward::doctor {

enum class Outcome {
  refused,     // 5xx, or the server hung up instead
  deferred,    // 4xx: neither yes nor no
  doubtful,    // accepted; perhaps for a strange address of its own
  relays,      // accepted for somebody else
  unanswered,  // no reply, or no connection
};
std::string_view to_text(Outcome outcome) noexcept;

struct Attempted {
  std::string name;
  std::vector<std::string> lines;  // as they were sent
  Outcome outcome = Outcome::unanswered;
  std::string reply;  // to the last of them, or why there is none
};

struct RelayReport {
  std::string greeting;
  Attempted control;  // outcome `relays` is as it should be: the server takes its own mail
  std::vector<Attempted> attempts;

  std::size_t count(Outcome outcome) const noexcept;
  /// Every attempt was answered for good, and the control recipient was taken.
  bool is_conclusive() const noexcept;
};

struct RelayTest {
  std::string helo;
  Names names;  // `host` is taken from the greeting where it is empty
  Deadline deadline;
};

RelayReport play(std::span<const RelayAttempt> battery, const RelayTest& test,
                 ports::SmtpServer& server, const Clock& clock);

}  // namespace milterward::doctor
