// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "milter/front/native/packets.h"
#include "milter/front/native/replies.h"
#include "milter/front/protocol.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::front {
namespace {

namespace answers = protocol::answers;
namespace commands = protocol::commands;
namespace steps = protocol::steps;

using MaybeVerdict = std::optional<rules::Verdict>;

rules::Verdict come_back_later() {
  return rules::Verdict::defer("front.failed",
                               {451, "4.3.0", "Internal error, please try again later"});
}

}  // namespace

Conversation::Conversation(Channel& channel, const CurrentServices& services,
                           std::shared_ptr<Seat> seat)
    : channel_(channel),
      services_(services),
      seat_(std::move(seat)),
      later_(come_back_later()),
      reader_(channel) {}

void Conversation::serve() {
  for (;;) {
    const auto head = reader_.next();
    if (!head) {
      if (head.fault() == PacketFault::too_large) broken("a packet of impossible size");
      return;
    }
    if (!serve_packet(*head)) return;
  }
}

bool Conversation::broken(std::string_view reason) {
  log_event(Event::connection_refused,
            {{"reason", fmt::format("the MTA breaks the milter protocol: {}", reason)}});
  return false;
}

/// The body streams; every other packet is read whole first.
bool Conversation::serve_packet(const PacketHead& head) {
  if (!agreement_ && head.command != commands::negotiate)
    return broken("a command before the negotiation");
  if (head.command == commands::body) {
    if (!stream_body()) return false;
    return silent_step("body", steps::no_reply_body, [](Session&) {});
  }
  if (head.command == commands::end_of_message) {
    if (!stream_body()) return false;
    channel_.expect_nothing();
    macros_.begin(head.command);
    return end_of_message();
  }
  const auto data = reader_.whole();
  if (!data) return false;
  channel_.expect_nothing();
  return answer_packet(head.command, *data);
}

bool Conversation::answer_packet(char command, std::string_view data) {
  if (command == commands::negotiate) return negotiate(data);
  if (command == commands::macros) {
    macros_.put(data);
    return true;
  }
  macros_.begin(command);
  // NOLINTNEXTLINE(bugprone-switch-missing-default-case): what is unknown is told below
  switch (command) {
    case commands::connect:
      return connect(data);
    case commands::helo:
      return silent_step("helo", steps::no_reply_helo, [&](Session& session) {
        session.helo(parse_text(data), macros_);
      });
    case commands::mail:
    case commands::rcpt:
      return envelope(command, data);
    case commands::data:
      return silent_step("data", steps::no_reply_data,
                         [&](Session& session) { session.data(macros_); });
    case commands::header: {
      const auto field = parse_header(data);
      if (!field) return broken("a header field without an end of its name");
      return silent_step("header", steps::no_reply_header, [&](Session& session) {
        session.header(field->name, field->value);
      });
    }
    case commands::end_of_headers:
      return silent_step("end_of_headers", steps::no_reply_end_of_headers,
                         [&](Session& session) { session.end_of_headers(macros_); });
    case commands::abort:
      if (session_) at_c_boundary("abort", 0, [&] { return session_->abort(), 0; });
      macros_.forget_message();
      return true;
    case commands::unknown:
      return silent_step("unknown", steps::no_reply_unknown, [](Session&) {});
    case commands::quit_for_new_connection:
      forget_session();
      return true;
    case commands::quit:
      return false;
  }
  return broken(
      fmt::format("an unknown command, octet {:#x}", static_cast<unsigned char>(command)));
}

bool Conversation::negotiate(std::string_view data) {
  const auto offer = parse_negotiate(data);
  if (!offer || offer->version < protocol::oldest_version)
    return broken("a negotiation that cannot be read, or of a version before 2");
  auto agreement = agree_on({offer->actions, offer->steps});
  if (!agreement) {
    log_event(Event::connection_refused, {{"reason", agreement.fault()}});
    return false;
  }
  forget_session();
  agreement_ = *agreement;
  out_.clear();
  append_agreement(out_, std::min(offer->version, protocol::newest_version), *agreement_);
  return channel_.write(out_);
}

/// A second CONNECT on one connection is another client (Postfix after XCLIENT); behind
/// QUIT_NC it is another SMTP session, with the services of today.
bool Conversation::connect(std::string_view data) {
  const auto step = parse_connect(data);
  if (!step) return broken("a CONNECT whose client cannot be read");
  const bool done = at_c_boundary("connect", false, [&] {
    if (!session_) session_.emplace(services_.get(), seat_, agreement_->leading_space);
    session_->connect(*step, macros_);
    return true;
  });
  // The client before this one must not stand in for it.
  if (!done) session_.reset();
  return silent_step("connect", steps::no_reply_connect, [](Session&) {});
}

bool Conversation::envelope(char command, std::string_view data) {
  const auto step = parse_envelope(data);
  if (!step) return broken("an envelope command without an address");
  const auto verdict = at_c_boundary("envelope", MaybeVerdict{}, [&]() -> MaybeVerdict {
    if (!session_) return std::nullopt;
    return command == commands::mail ? session_->mail(*step, macros_)
                                     : session_->rcpt(*step, macros_);
  });
  out_.clear();
  append_reaction(out_, verdict ? *verdict : later_);
  return channel_.write(out_);
}

/// Hands the body on as it arrives; false when the peer is gone.
bool Conversation::stream_body() {
  for (;;) {
    const auto part = reader_.part();
    if (!part) return false;
    if (!*part) return true;
    if (!session_) continue;
    const bool done = at_c_boundary("body", false, [&] {
      session_->body(**part);
      return true;
    });
    if (!done) session_->mail_must_wait();
  }
}

bool Conversation::end_of_message() {
  auto reached = at_c_boundary("end_of_message", MaybeVerdict{}, [&]() -> MaybeVerdict {
    if (!session_) return std::nullopt;
    return session_->end_of_message(macros_);
  });
  auto verdict = reached ? *std::move(reached) : later_;
  out_.clear();
  if (!verdict.refuses() && !append_changes(out_, verdict, *agreement_)) {
    log_event(Event::callback_failed,
              {{"where", "end_of_message"},
               {"reason", "the MTA cannot hold or redirect messages"}});
    out_.clear();
    verdict = later_;
  }
  append_reaction(out_, verdict);
  macros_.forget_message();
  return channel_.write(out_);
}

void Conversation::forget_session() {
  session_.reset();
  macros_.forget_all();
  seat_->in_message = false;
}

/// A step whose answer, if one is due at all, is "go on": what fails is remembered and told
/// at the next step with a verdict.
template <class Step>
bool Conversation::silent_step(const char* where, unsigned long no_reply, Step step) {
  if (session_) {
    const bool done = at_c_boundary(where, false, [&] {
      step(*session_);
      return true;
    });
    if (!done) session_->mail_must_wait();
  }
  if ((agreement_->steps & no_reply) != 0) return true;
  out_.clear();
  append_packet(out_, answers::proceed);
  return channel_.write(out_);
}

}  // namespace milterward::front
