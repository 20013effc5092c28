// SPDX-License-Identifier: Apache-2.0
// Who may write as whom, which class an account has, and which are not new. [directory],
// [[directory.account]]
#pragma once

#include <string>
#include <vector>

#include "conf/settings/sql.h"
#include "policy/mail/address_pattern.h"

namespace milterward::conf {

struct Account {
  std::string login;  // "" stands for mail without a login
  std::vector<AddressPattern> may_use;
  std::string account_class;  // "" for none
  bool is_established;        // it sent before it could be new here
};

struct DirectorySettings {
  std::string realm;       // of logins that are reported without one; "" for none
  bool login_is_address;   // a login that is a mail address may use it
  std::string delimiters;  // that begin the extension of a local part; "" for none
  std::vector<std::string> domain_files;
  std::vector<std::string> owner_files;
  std::vector<std::string> class_files;
  std::vector<std::string> established_files;
  SqlSettings sql;
  std::vector<Account> accounts;
};

}  // namespace milterward::conf
