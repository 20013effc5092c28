// SPDX-License-Identifier: Apache-2.0
// Packets out of a stream of octets, whatever pieces they come in. The buffer begins tiny
// and inside, on the stack of whoever serves: many a client says hello and no more, and the
// next one finds the same memory; that of a message is small and stays: a piece
// of the body is handed on in parts, as it arrives, and only a header field or a list of
// macros that is larger makes it grow, for as long as that packet lasts. (64 KB buffers
// would stay touched after one large message, 74 KB for each idle connection.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::front {

/// Where the octets come from: a socket, or a test's text.
class OctetSource {
 public:
  virtual ~OctetSource() = default;
  /// Waits for at least one octet; 0 at the end, errors included.
  virtual std::size_t read(std::span<char> into) = 0;
  /// How long may the peer take for what is read from now on? Called before a packet, and
  /// again once its head has come: a peer that sends an octet now and then gains no time.
  virtual void expect_packet() = 0;
  virtual void expect_rest() = 0;
};

struct PacketHead {
  char command = 0;
  std::size_t size = 0;  // of the data behind it
};

enum class PacketFault {
  ended,      // between two packets: the peer closed
  cut,        // within a packet
  too_large,  // more than protocol::largest_packet, or without a command
};

class PacketReader {
 public:
  explicit PacketReader(OctetSource& source);
  PacketReader(const PacketReader&) = delete;
  PacketReader& operator=(const PacketReader&) = delete;

  /// The head of the next packet; what is left of the one before is passed over.
  Result<PacketHead, PacketFault> next();
  /// All data of the packet. Valid until the next call. Call it at most once a packet, and
  /// not with `part`.
  Result<std::string_view, PacketFault> whole();
  /// The next part of the data, as it arrives; nothing when there is no more. Valid until
  /// the next call.
  Result<std::optional<std::string_view>, PacketFault> part();

 private:
  /// Enough for a greeting, or for all of a short message; who says more gets 16 KB.
  static constexpr std::size_t first_buffer = 4 * 1024;

  bool fill(std::size_t wanted);
  void move_into(std::size_t capacity);

  OctetSource& source_;
  std::array<char, first_buffer> first_;  // neither is filled: pages nobody reads into
  std::unique_ptr<char[]> larger_;        // cost nothing
  char* buffer_ = first_.data();
  std::size_t capacity_ = first_buffer;
  std::size_t begin_ = 0;  // what has been read and not yet used
  std::size_t end_ = 0;
  std::size_t left_ = 0;  // of the packet under way
};

}  // namespace milterward::front
