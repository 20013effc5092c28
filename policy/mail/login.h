// SPDX-License-Identifier: Apache-2.0
// Login names. Postfix reports them with a realm (joe@example.org), Sendmail without its
// own, and both keep the letters the client typed: the same account must be the same
// account in every file, table and counter. Compared as Postfix compares them, without
// regard to ASCII case.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/ascii.h"

namespace milterward {

/// `login` with "@realm" behind it where it names none; without a realm, or without a
/// login, as it is.
inline std::string full_login(std::string_view login, std::string_view realm) {
  std::string full{login};
  if (!full.empty() && !realm.empty() && full.find('@') == std::string::npos)
    (full += '@') += realm;
  return full;
}

/// Equal for all spellings of one account.
inline std::string login_key(std::string_view login, std::string_view realm) {
  auto key = full_login(login, realm);
  for (auto& c : key) c = to_lower(c);
  return key;
}

}  // namespace milterward
