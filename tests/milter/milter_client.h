// SPDX-License-Identifier: Apache-2.0
// The MTA's side of the milter protocol, version 6, in small. A packet is a length of four
// octets in network order (command included), a command octet, and its data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace milterward::tests {

struct Packet {
  char command = 0;
  std::string data;
  bool operator==(const Packet&) const = default;
};

/// What the filter answered at the end of a message.
struct Ending {
  Packet answer;  // 'c', 'r', 't' or 'y' with the reply
  // 'i' insert, 'm' change, '+' and '-' a recipient, 'q' quarantine, in order
  std::vector<Packet> edits;
};

using MacroList = std::vector<std::pair<std::string, std::string>>;

class MilterClient {
 public:
  /// Connects to a unix socket; throws when nobody listens.
  explicit MilterClient(const std::string& path);
  MilterClient(MilterClient&& other) noexcept;
  MilterClient& operator=(MilterClient&&) = delete;
  ~MilterClient();

  /// Offers and returns the answer; what was agreed rules which steps get a reply.
  Packet negotiate(std::uint32_t actions = 0x1ff, std::uint32_t steps = 0x1fffff);

  void macros(char stage, const MacroList& list);
  /// Each step sends its command and returns the answer; command 0 where none is due.
  Packet connect(std::string_view host_name, std::string_view address, std::uint16_t port);
  Packet helo(std::string_view name);
  Packet mail(std::string_view address);
  Packet rcpt(std::string_view address);
  Packet data();
  Packet header(std::string_view name, std::string_view value);
  Packet end_of_headers();
  Packet body(std::string_view chunk);
  Ending end_of_message(std::string_view last_chunk = "");
  void abort();
  void quit();
  void quit_for_new_connection();

  /// negotiate, CONNECT with its macros, HELO.
  void begin(std::string_view address = "192.0.2.1");
  /// MAIL to the end of a message that is complete.
  Ending message(std::string_view from = "a@sender.test",
                 std::string_view to = "user@local.test");

  void send(char command, std::string_view data);
  Packet receive();
  /// The filter closed the connection, within a few seconds.
  bool is_closed();

 private:
  Packet step(char command, std::string_view data, std::uint32_t no_reply);

  int fd_;
  std::uint32_t steps_ = 0;
};

}  // namespace milterward::tests
