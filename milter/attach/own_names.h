// SPDX-License-Identifier: Apache-2.0
// Whose networks, domains and senders are ours, in the words of Postfix: mynetworks,
// mydestination, relay_domains, virtual_alias_domains, virtual_mailbox_domains and
// smtpd_sender_login_maps. Lists mix names, files and lookup tables
// ("hash:/etc/postfix/x"). What cannot be said in milterward.toml is named, never guessed:
// a network left out costs a postmaster a look, one let in by mistake makes a relay.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/attach/postfix_setup.h"
#include "policy/base/result.h"

namespace milterward::attach {

/// How files and tables are read; each answers with text or a sentence why not.
struct Readers {
  std::function<Result<std::string, std::string>(const std::string& path)> file;
  /// All entries of "hash:/etc/postfix/x", a key and a tab in each line.
  std::function<Result<std::string, std::string>(const std::string& table)> table;
};

/// Values for milterward.toml, each once, in the order in which Postfix names them.
struct OwnNames {
  std::vector<std::string> trusted_networks;  // relay.trusted_networks
  std::vector<std::string> domains;           // relay.domains
  std::vector<std::string> domain_files;      // directory.domain_files
  std::vector<std::string> owner_files;       // directory.owner_files
  std::string delimiters;                     // directory.delimiters, with owners only
  std::vector<std::string> notes;             // what could not be taken over, and why
};

OwnNames own_names(const PostfixSetup& setup, const Readers& readers);

}  // namespace milterward::attach
