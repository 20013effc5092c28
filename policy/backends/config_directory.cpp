// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/config_directory.h"

#include <algorithm>

#include "policy/mail/address.h"
#include "policy/mail/login.h"

namespace milterward::backends {
namespace {

/// Is the login itself this address?
bool is_address(std::string_view login, const MailAddress& address,
                std::string_view delimiters) {
  const auto own = AddressPattern::parse(login);
  return own && login.find('@') != std::string_view::npos &&
         own->holds(address, delimiters);
}

}  // namespace

ConfigDirectory::ConfigDirectory(std::shared_ptr<const conf::Config> config)
    : config_(std::move(config)) {
  const auto& directory = config_->directory;
  for (const auto& row : directory.accounts) {
    auto& account = accounts_[login_key(row.login, directory.realm)];
    account.may_use.insert(account.may_use.end(), row.may_use.begin(), row.may_use.end());
    if (!row.account_class.empty()) account.account_class = row.account_class;
    if (row.is_established) account.is_established = true;
  }
  knows_owners_ =
      directory.login_is_address || std::ranges::any_of(accounts_, [](const auto& row) {
        return !row.second.may_use.empty();
      });
}

bool ConfigDirectory::knows_domains() const noexcept {
  return !config_->relay.domains.empty();
}

ports::DirectoryResult<bool> ConfigDirectory::is_ours(const Domain& domain,
                                                      Deadline) const {
  return std::ranges::any_of(config_->relay.domains, [&](const DomainPattern& pattern) {
    return pattern.holds(domain);
  });
}

ports::DirectoryResult<bool> ConfigDirectory::may_use(std::string_view login,
                                                      const MailAddress& address,
                                                      Deadline) const {
  const auto& settings = config_->directory;
  if (settings.login_is_address && is_address(login, address, settings.delimiters))
    return true;
  const auto* account = find(login);
  return account != nullptr &&
         std::ranges::any_of(account->may_use, [&](const AddressPattern& pattern) {
           return pattern.holds(address, settings.delimiters);
         });
}

ports::DirectoryResult<std::string> ConfigDirectory::class_of(std::string_view login,
                                                              Deadline) const {
  const auto* account = find(login);
  return account != nullptr ? account->account_class : std::string{};
}

ports::DirectoryResult<bool> ConfigDirectory::is_established(std::string_view login,
                                                             Deadline) const {
  const auto* account = find(login);
  return account != nullptr && account->is_established;
}

const ConfigDirectory::Account* ConfigDirectory::find(std::string_view login) const {
  const auto found = accounts_.find(login_key(login, config_->directory.realm));
  return found == accounts_.end() ? nullptr : &found->second;
}

}  // namespace milterward::backends
