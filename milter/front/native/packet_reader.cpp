// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/packet_reader.h"

#include <algorithm>
#include <cstring>

#include "milter/front/protocol.h"

namespace milterward::front {
namespace {

constexpr std::size_t usual_buffer = 16 * 1024;
constexpr std::size_t head_size = 5;

std::uint32_t number_at(const char* octets) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(octets[i]);
  return number;
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): first_ is read into
PacketReader::PacketReader(OctetSource& source) : source_(source) {}

/// What has been read and not yet used moves into a buffer of that size.
void PacketReader::move_into(std::size_t capacity) {
  auto moved = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(moved.get(), buffer_ + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  larger_ = std::move(moved);
  buffer_ = larger_.get();
  capacity_ = capacity;
}

/// At least so many octets from begin_ on; the buffer grows when they would not fit.
bool PacketReader::fill(std::size_t wanted) {
  if (end_ - begin_ >= wanted) return true;
  const bool was_full = end_ == capacity_;
  if (begin_ == end_) begin_ = end_ = 0;
  if (wanted > capacity_) {
    move_into(std::max(wanted, usual_buffer));
  } else if (was_full && capacity_ < usual_buffer) {
    move_into(usual_buffer);
  } else if (begin_ + wanted > capacity_) {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ - begin_ < wanted) {
    const auto got = source_.read({buffer_ + end_, capacity_ - end_});
    if (got == 0) return false;
    end_ += got;
  }
  return true;
}

Result<PacketHead, PacketFault> PacketReader::next() {
  while (left_ != 0) {
    const auto passed = part();
    if (!passed) return Unexpected{passed.fault()};
  }
  if (capacity_ > usual_buffer && end_ - begin_ <= usual_buffer) move_into(usual_buffer);
  source_.expect_packet();
  if (!fill(head_size))
    return Unexpected{begin_ == end_ ? PacketFault::ended : PacketFault::cut};
  const std::size_t length = number_at(buffer_ + begin_);
  if (length == 0 || length > protocol::largest_packet)
    return Unexpected{PacketFault::too_large};
  source_.expect_rest();
  const PacketHead head{buffer_[begin_ + 4], length - 1};
  begin_ += head_size;
  left_ = head.size;
  return head;
}

Result<std::string_view, PacketFault> PacketReader::whole() {
  if (!fill(left_)) return Unexpected{PacketFault::cut};
  const std::string_view data{buffer_ + begin_, left_};
  begin_ += left_;
  left_ = 0;
  return data;
}

Result<std::optional<std::string_view>, PacketFault> PacketReader::part() {
  if (left_ == 0) return std::optional<std::string_view>{};
  if (!fill(1)) return Unexpected{PacketFault::cut};
  const auto size = std::min(left_, end_ - begin_);
  const std::string_view data{buffer_ + begin_, size};
  begin_ += size;
  left_ -= size;
  return std::optional{data};
}

}  // namespace milterward::front
