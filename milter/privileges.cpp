// SPDX-License-Identifier: Apache-2.0
#include "milter/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "milter/front/listening_socket.h"

namespace milterward {
namespace {

/// More would only make the table of descriptors large; connections are limited long
/// before.
constexpr rlim_t enough_descriptors = 65536;

}  // namespace

bool started_as_root() noexcept { return ::geteuid() == 0; }

Result<std::optional<Account>, std::string> account_to_become(const std::string& user) {
  if (!started_as_root() || user.empty() || user == "root") return std::optional<Account>{};
  const auto* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    return Unexpected{fmt::format(
        "daemon.user: there is no user \"{}\"; make it (adduser --system --group {}), or "
        "name another one",
        user, user)};
  }
  return std::optional{Account{user, entry->pw_uid, entry->pw_gid}};
}

std::vector<conf::ConfigProblem> unknown_accounts(const conf::Config& config) {
  std::vector<conf::ConfigProblem> problems;
  for (const auto& fault : front::ListeningSocket::unknown_accounts(config.milter))
    problems.push_back(config.places.problem(fault));
  for (const auto& fault : front::ListeningSocket::unknown_accounts(config.control))
    problems.push_back(config.places.problem(fault));
  if (const auto account = account_to_become(config.daemon.user); !account)
    problems.push_back(config.places.problem(account.fault()));
  return problems;
}

Result<Account, std::string> become(const Account& account) {
  const auto refused = [&](const char* call) {
    return Unexpected{fmt::format("cannot become user \"{}\": {}: {}", account.name, call,
                                  std::strerror(errno))};
  };
  if (::initgroups(account.name.c_str(), account.group) != 0) return refused("initgroups");
  if (::setresgid(account.group, account.group, account.group) != 0) {
    return refused("setresgid");
  }
  if (::setresuid(account.user, account.user, account.user) != 0) {
    return refused("setresuid");
  }
  if (account.user != 0 && ::setuid(0) == 0) {
    return Unexpected{std::string{"root's rights came back after they were given up"}};
  }
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return account;
}

std::string current_user() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name;
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, enough_descriptors));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace milterward
