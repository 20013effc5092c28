// SPDX-License-Identifier: Apache-2.0
// The macros an MTA sent, by the command they belong to. A name is looked for in the latest
// step first, as libmilter does: Postfix tells the login at MAIL, and the queue id again at
// every step from DATA on. Each step's data is kept as it came; its memory is used again.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "policy/steps.h"

namespace milterward::front {

class MacroTable final : public Macros {
 public:
  /// The data of a macro packet: the command it belongs to, then names and values. Replaces
  /// what that step had before. False when the step is none that has macros.
  bool put(std::string_view data);
  /// A command begins: the macros of later steps are of the past, and so are its own unless
  /// they were put since it last came. No login may outlive its message.
  void begin(char command) noexcept;
  /// Forgets MAIL and all after it: the message has ended.
  void forget_message() noexcept;
  /// Forgets all: another client.
  void forget_all() noexcept;

  /// "i" stands for "{i}" and the other way round.
  std::string_view value(std::string_view name) const override;

 private:
  struct Step {
    std::string data;
    bool is_fresh = false;
    void forget() noexcept;
  };
  void forget_from(std::size_t first) noexcept;

  /// CONNECT, HELO, MAIL, RCPT, DATA, end of headers, end of message.
  std::array<Step, 7> steps_;
};

}  // namespace milterward::front
