// SPDX-License-Identifier: Apache-2.0
// What milterward-account(1) and the daemon say to each other: one JSON object a line, a
// request and its answer. A request is {"account": ACTION, "login": LOGIN}, an answer
// {"account": {...}} or {"fault": SENTENCE}.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "policy/accounts.h"
#include "policy/base/result.h"

namespace milterward::control {

enum class AccountAction { show, reset, lock, unlock, promote };

std::string_view to_text(AccountAction action) noexcept;
std::optional<AccountAction> parse_action(std::string_view word);

struct AccountRequest {
  AccountAction action = AccountAction::show;
  std::string login;
  bool operator==(const AccountRequest&) const = default;
};

/// Octets of a request; a login is far shorter.
inline constexpr std::size_t request_limit = 4096;
/// Octets of an answer; a plan has a few limits.
inline constexpr std::size_t answer_limit = 1 << 20;

/// Lines without their end.
std::string request_line(const AccountRequest& request);
Result<AccountRequest, std::string> parse_request(std::string_view line);
std::string answer_line(const Result<AccountReport, std::string>& report);

}  // namespace milterward::control
