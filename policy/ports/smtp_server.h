// SPDX-License-Identifier: Apache-2.0
// An SMTP server as a client meets it: connections, commands, replies.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::ports {

struct SmtpReply {
  int code = 0;
  std::string text;  // of all its lines, joined by blanks; without the codes

  bool is_positive() const noexcept { return code >= 200 && code < 400; }
  bool operator==(const SmtpReply&) const = default;
};

enum class SmtpFault {
  not_connected,
  closed,     // the server hung up
  timed_out,  // no answer within the patience of the caller
  malformed,  // what came is no SMTP reply, or too long for one
};
std::string_view to_text(SmtpFault fault) noexcept;

using SmtpResult = Result<SmtpReply, SmtpFault>;

/// One connection, at its end closed without QUIT.
class SmtpConnection {
 public:
  virtual ~SmtpConnection() = default;
  virtual const SmtpReply& greeting() const noexcept = 0;
  /// Why they were not all sent, if so.
  virtual std::optional<SmtpFault> send(std::string_view octets) = 0;
  /// Waits for the reply to what was sent.
  virtual SmtpResult hear() = 0;

  /// Sends a command and waits for its reply. No line end in `line`.
  SmtpResult say(std::string_view line);
  /// Sends all before it waits (RFC 2920); a fault ends the list.
  std::vector<SmtpResult> say_at_once(const std::vector<std::string>& lines);
};

class SmtpServer {
 public:
  virtual ~SmtpServer() = default;
  virtual Result<std::unique_ptr<SmtpConnection>, SmtpFault> connect() = 0;
};

}  // namespace milterward::ports
