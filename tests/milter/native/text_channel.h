// SPDX-License-Identifier: Apache-2.0
// A channel without a socket: what the MTA sends is a text, what it is answered another.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "milter/front/native/conversation.h"

namespace milterward::front {

class TextChannel final : public Channel {
 public:
  /// Gives `sent` in pieces of at most so many octets, then ends.
  explicit TextChannel(std::string sent, std::size_t piece = std::string::npos)
      : sent_(std::move(sent)), rest_(sent_), piece_(piece) {}
  TextChannel(const TextChannel&) = delete;
  TextChannel& operator=(const TextChannel&) = delete;

  std::size_t read(std::span<char> into) override {
    const auto size = std::min({piece_, into.size(), rest_.size()});
    std::copy_n(rest_.data(), size, into.data());
    rest_.remove_prefix(size);
    return size;
  }
  bool write(std::string_view octets) override {
    answered += octets;
    return true;
  }
  void expect_packet() override {}
  void expect_rest() override {}
  void expect_nothing() override {}

  std::string answered;

 private:
  std::string sent_;
  std::string_view rest_;
  std::size_t piece_;
};

}  // namespace milterward::front
