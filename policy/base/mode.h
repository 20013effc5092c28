// SPDX-License-Identifier: Apache-2.0
// How seriously an area of policy is meant.
#pragma once

#include <string_view>

namespace milterward {

enum class Mode {
  monitor,  // decide and log
  enforce,  // decide, log and act
};

constexpr std::string_view to_text(Mode mode) noexcept {
  return mode == Mode::monitor ? "monitor" : "enforce";
}

}  // namespace milterward
