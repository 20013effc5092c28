// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/macro_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "milter/front/native/texts.h"
#include "milter/front/protocol.h"

namespace milterward::front {
namespace {

using namespace protocol::commands;

constexpr std::array order{connect, helo, mail, rcpt, data, end_of_headers, end_of_message};
constexpr std::size_t first_of_message = 2;

/// The place of a command among the steps; order.size() when it has no macros of its own.
std::size_t step_of(char command) noexcept {
  return static_cast<std::size_t>(std::ranges::find(order, command) - order.begin());
}

std::string_view bare(std::string_view name) {
  return name.size() == 3 && name.front() == '{' && name.back() == '}' ? name.substr(1, 1)
                                                                       : name;
}

/// A step's memory stays for the next message unless it is uncommonly much.
constexpr std::size_t kept_capacity = 1024;

}  // namespace

void MacroTable::Step::forget() noexcept {
  is_fresh = false;
  if (data.capacity() > kept_capacity)
    data = {};
  else
    data.clear();
}

void MacroTable::forget_from(std::size_t first) noexcept {
  for (auto step = first; step < steps_.size(); ++step) steps_[step].forget();
}

bool MacroTable::put(std::string_view packet) {
  if (packet.empty()) return false;
  const auto place = step_of(packet.front());
  if (place == order.size()) return false;
  steps_[place].data.assign(packet.substr(1));
  steps_[place].is_fresh = true;
  return true;
}

void MacroTable::begin(char command) noexcept {
  const auto place = step_of(command);
  if (place == order.size()) return;
  if (!std::exchange(steps_[place].is_fresh, false)) steps_[place].forget();
  forget_from(place + 1);
}

void MacroTable::forget_message() noexcept { forget_from(first_of_message); }

void MacroTable::forget_all() noexcept { forget_from(0); }

std::string_view MacroTable::value(std::string_view name) const {
  const auto wanted = bare(name);
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    std::string_view rest = step->data;
    while (const auto found = take_text(rest)) {
      const auto value = take_text(rest);
      if (value && bare(*found) == wanted) return *value;
    }
  }
  return {};
}

}  // namespace milterward::front
