// SPDX-License-Identifier: Apache-2.0
// One SMTP connection, step by step: collect, examine, decide. Blocking, straight-line code
// without locks; a front calls the steps in the order the MTA sends them, one at a time,
// from whatever thread it likes. State is reset at CONNECT and at MAIL, never at ABORT
// alone: MTAs differ in when they send one.
#pragma once

#include <memory>
#include <string_view>

#include "policy/rules/verdict.h"
#include "policy/steps.h"

namespace milterward {

struct Services;  // policy/services.h

class Connection {
 public:
  /// Keeps the services, and with them the configuration, it began with.
  explicit Connection(std::shared_ptr<const Services> services);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A new client; also a second one on the same milter connection (XCLIENT, re-use).
  rules::Verdict connect(const ConnectStep& step, const Macros& macros);
  rules::Verdict helo(std::string_view name, const Macros& macros);
  rules::Verdict mail(const EnvelopeStep& step, const Macros& macros);
  /// Recipients the MTA itself refused come too; their verdict is always to proceed.
  rules::Verdict rcpt(const EnvelopeStep& step, const Macros& macros);
  void data(const Macros& macros);
  /// `value` is all behind the colon, the leading space included.
  void header(std::string_view name, std::string_view value);
  void end_of_headers(const Macros& macros);
  void body(std::string_view chunk);
  /// Waits for what is missing, at most `dns.message_deadline`. Its verdict carries the
  /// edits.
  rules::Verdict end_of_message(const Macros& macros);
  void abort();

  /// Between MAIL and the end of its message: a drain waits for it longest.
  bool in_message() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace milterward
