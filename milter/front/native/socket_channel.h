// SPDX-License-Identifier: Apache-2.0
// A Channel over a connected socket, with blocking calls. Who may take how long stands in
// the connection's seat, in ticks of a clock that a watchdog moves on; it shuts the sockets
// of late peers down, which wakes recv and send alike and costs no call a packet.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "milter/front/native/conversation.h"
#include "milter/front/sessions.h"

namespace milterward::front {

/// What the peer may take, in ticks of one second.
struct Patience {
  /// Longer than an SMTP session may pause (RFC 5321 section 4.5.3.2: 5 minutes).
  std::int64_t for_a_command = 600;
  /// From MAIL on. Either MTA takes the whole content in before it shows us any of it, and
  /// a large message over a slow line takes what it takes; libmilter waits as long.
  std::int64_t in_a_message = 7200;
  std::int64_t for_a_packet = 60;
  std::int64_t for_a_reply = 60;  // until the peer has taken it
};

class SocketChannel final : public Channel {
 public:
  SocketChannel(std::shared_ptr<Seat> seat, const std::atomic<std::int64_t>& tick,
                Patience patience);

  std::size_t read(std::span<char> into) override;
  bool write(std::string_view octets) override;
  void expect_packet() override;
  void expect_rest() override;
  void expect_nothing() override;

 private:
  std::size_t note(std::size_t got, std::size_t room);
  void expect_within(std::int64_t ticks);

  std::shared_ptr<Seat> seat_;
  const std::atomic<std::int64_t>& tick_;
  Patience patience_;
  bool is_tcp_ = true;      // until it proves to be none, which needs no ACK
  bool owes_ack_ = false;   // something was read, and nothing answered since
  bool is_behind_ = false;  // it took all the room there was, so there may be more
};

}  // namespace milterward::front
