// SPDX-License-Identifier: Apache-2.0
// One milter connection from its first packet to its last, on our own engine: blocking,
// straight-line code over a Channel. Steps outside the protocol's order cannot hurt:
// without CONNECT nobody is examined, so whoever waits for an answer is told "later".
// Errors of the protocol end the connection; what the MTA then does with its mail is its
// default action.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/front/current_services.h"
#include "milter/front/native/macro_table.h"
#include "milter/front/native/packet_reader.h"
#include "milter/front/negotiation.h"
#include "milter/front/session.h"
#include "milter/front/sessions.h"

namespace milterward::front {

/// Both ways to the MTA.
class Channel : public OctetSource {
 public:
  /// All of it, or false: the peer is gone or does not read.
  virtual bool write(std::string_view octets) = 0;
  /// Nothing is expected of the peer: we are at work.
  virtual void expect_nothing() = 0;
};

class Conversation {
 public:
  /// All three must outlive it.
  Conversation(Channel& channel, const CurrentServices& services,
               std::shared_ptr<Seat> seat);

  /// Serves until the MTA quits, is gone, or breaks the protocol. Throws nothing but what
  /// has no memory left; what a step throws is told the MTA as "later".
  void serve();

 private:
  /// Whether there is a next packet to expect.
  bool serve_packet(const PacketHead& head);
  bool negotiate(std::string_view data);
  bool connect(std::string_view data);
  bool envelope(char command, std::string_view data);
  bool end_of_message();
  bool stream_body();
  void forget_session();

  template <class Step>
  bool silent_step(const char* where, unsigned long no_reply, Step step);
  bool answer_packet(char command, std::string_view data);
  bool broken(std::string_view reason);

  Channel& channel_;
  const CurrentServices& services_;
  std::shared_ptr<Seat> seat_;
  const rules::Verdict later_;  // made before anything fails, for want of memory say
  PacketReader reader_;
  MacroTable macros_;
  std::optional<Agreement> agreement_;
  std::optional<Session> session_;  // from CONNECT on
  std::string out_;
};

}  // namespace milterward::front
