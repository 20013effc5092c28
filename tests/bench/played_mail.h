// SPDX-License-Identifier: Apache-2.0
// What benchmarks that play whole messages need beside them.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rules/verdict.h"
#include "policy/steps.h"

namespace milterward::bench {

/// Those of Postfix.
class PlayedMacros final : public Macros {
 public:
  explicit PlayedMacros(std::string_view login) : login_(login) {}
  std::string_view value(std::string_view name) const override {
    if (name == "{auth_authen}") return login_;
    if (name == "i") return "4XyZ1a2b3cz9s";
    if (name == "j") return "mx.home.test";
    if (name == "v") return "Postfix 3.7.11";
    if (name == "{daemon_addr}") return "192.0.2.1";
    if (name == "{daemon_port}") return "25";
    return {};
  }

 private:
  std::string_view login_;
};

/// Do our results say that all passed?
inline bool shows_passes(const std::vector<rules::HeaderEdit>& edits) {
  const auto results =
      std::ranges::find(edits, "Authentication-Results", &rules::HeaderEdit::name);
  if (results == edits.end()) return false;
  return std::ranges::all_of(
      std::to_array<std::string_view>({"spf=pass", "dkim=pass", "dmarc=pass"}),
      [&](auto words) { return results->value.find(words) != std::string::npos; });
}

}  // namespace milterward::bench
