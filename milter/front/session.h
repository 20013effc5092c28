// SPDX-License-Identifier: Apache-2.0
// The steps of one milter connection, carried out on a Connection, for either front. It
// keeps verdicts and errors of steps that get no reply until one that does, and hides what
// libmilter loses: the client an MTA announces by a second CONNECT on the same connection
// (Postfix after XCLIENT; the library's state table drops the packet, though the macros
// before it arrive).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/front/answer.h"
#include "milter/front/sessions.h"
#include "policy/connection.h"

namespace milterward::front {

class Session {
 public:
  Session(std::shared_ptr<const Services> services, std::shared_ptr<Seat> seat,
          LeadingSpace leading_space);

  /// Steps without a reply; who calls them says `mail_must_wait` when one throws.
  void connect(const ConnectStep& step, const Macros& macros);
  void helo(std::string_view name, const Macros& macros);
  void data(const Macros& macros);
  void header(std::string_view name, std::string_view value);
  void end_of_headers(const Macros& macros);
  void body(std::string_view chunk);
  void abort();

  /// Steps with a reply. What CONNECT or HELO refused is handed out at MAIL: Sendmail loses
  /// the text of a refusal at CONNECT.
  rules::Verdict mail(const EnvelopeStep& step, const Macros& macros);
  rules::Verdict rcpt(const EnvelopeStep& step, const Macros& macros);
  rules::Verdict end_of_message(const Macros& macros);

  /// A step without reply failed: the next MAIL or end of a message is told "later".
  void mail_must_wait() noexcept { must_wait_ = true; }

  LeadingSpace leading_space() const noexcept { return leading_space_; }
  const std::shared_ptr<Seat>& seat() const noexcept { return seat_; }

 private:
  void meet_new_client(const Macros& macros);
  void note_progress() noexcept;

  Connection connection_;
  std::shared_ptr<Seat> seat_;
  LeadingSpace leading_space_;
  std::string client_macros_;  // as they stood at the last CONNECT
  std::optional<rules::Verdict> early_refusal_;
  bool must_wait_ = false;
};

/// The client's macros, which stay as they are until another client is announced.
std::string client_macros(const Macros& macros);

/// The client as its macros describe it; nothing when they do not.
std::optional<ConnectStep> client_of(const Macros& macros);

}  // namespace milterward::front
