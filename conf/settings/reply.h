// SPDX-License-Identifier: Apache-2.0
// What refused senders are told instead of the built-in texts. [[reply]]
#pragma once

#include <string>

namespace milterward::conf {

struct ReplyText {
  std::string rule;
  std::string text;  // with {placeholders}
};

}  // namespace milterward::conf
