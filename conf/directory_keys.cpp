// SPDX-License-Identifier: Apache-2.0
// The rows of who is who: [directory], [identity] and their tables that repeat.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto directory_rows = std::to_array<Key<Config>>({
    {.name = "directory.realm",
     .field = at<&Config::directory, &DirectorySettings::realm>,
     .help = "What is put behind logins that the mail server reports without an \"@\" "
             "(Sendmail leaves its own realm out), so that each account has one name in "
             "log, tables and counters. Empty for nothing.",
     .example = "example.org",
     .bounds = {.form = &realm}},
    {.name = "directory.login_is_address",
     .field = at<&Config::directory, &DirectorySettings::login_is_address>,
     .fallback = "false",
     .help = "Whether a login that is a mail address may use that address, without a row "
             "that says so.",
     .example = "true"},
    {.name = "directory.delimiters",
     .field = at<&Config::directory, &DirectorySettings::delimiters>,
     .help = "Characters that begin the extension of a local part: with \"+\", who owns "
             "joe@example.org also owns joe+lists@example.org. As recipient_delimiter of "
             "Postfix.",
     .example = "+"},
    {.name = "directory.domain_files",
     .field = at<&Config::directory, &DirectorySettings::domain_files>,
     .help =
         "Files with domains of ours, besides relay.domains: in each line a domain, or "
         ".domain for all below it, and anything behind it. The text files that postmap "
         "reads will do.",
     .example = "/etc/postfix/relay_domains",
     .bounds = {.form = &file_path}},
    {.name = "directory.owner_files",
     .field = at<&Config::directory, &DirectorySettings::owner_files>,
     .help = "Files that say who may write as whom, as smtpd_sender_login_maps of Postfix "
             "does: in each line joe@example.org or @example.org, and behind it the logins "
             "that may use it.",
     .example = "/etc/postfix/sender_logins",
     .bounds = {.form = &file_path}},
    {.name = "directory.class_files",
     .field = at<&Config::directory, &DirectorySettings::class_files>,
     .help = "Files with a login and its class in each line.",
     .example = "/etc/milterward/classes",
     .bounds = {.form = &file_path}},
    {.name = "directory.established_files",
     .field = at<&Config::directory, &DirectorySettings::established_files>,
     .help =
         "Files with a login in each line, and anything behind it: accounts that are no "
         "new ones and climb no ladder (quota.class.warm_up).",
     .example = "/etc/milterward/established",
     .bounds = {.form = &file_path}},

    // identity
    {.name = "identity.mode",
     .field = at<&Config::identity, &IdentitySettings::mode>,
     .fallback = "learn",
     .help = "Mail of a login that claims an address of somebody else: \"off\" does not "
             "look, \"learn\" logs identity.mismatch, \"tag\" also adds a field "
             "Milterward-Verdict, \"reject\" refuses. No mode lets a domain's key sign for "
             "a login that does not own it."},
    {.name = "identity.without_login",
     .field = at<&Config::identity, &IdentitySettings::without_login>,
     .fallback = "off",
     .help = "The same for mail of trusted networks and of sendmail(1), where the account "
             "with login = \"\" says what it may use."},
});

constexpr auto account_rows = std::to_array<Key<Account>>({
    {.name = "directory.account.login",
     .field = at<&Account::login>,
     .help = "Login name; with its realm, or without it where directory.realm names it. "
             "\"\" stands for mail without a login: trusted networks and sendmail(1).",
     .example = "joe@example.org",
     .need = Need::required},
    {.name = "directory.account.may_use",
     .field = at<&Account::may_use>,
     .help = "What this login may write as: addresses, aliases and delegates, whole "
             "domains, \".example.org\" for all below example.org, or \"*\" for a service "
             "that writes as anybody.",
     .example = "example.org sales@example.net"},
    {.name = "directory.account.class",
     .field = at<&Account::account_class>,
     .help = "The class of the account, for [[identity.group]] and [[quota.class]].",
     .example = "service"},
    {.name = "directory.account.established",
     .field = at<&Account::is_established>,
     .fallback = "false",
     .help = "The account is no new one and climbs no ladder (quota.class.warm_up).",
     .example = "true"},
});

constexpr auto group_rows = std::to_array<Key<IdentityGroup>>({
    {.name = "identity.group.class",
     .field = at<&IdentityGroup::account_class>,
     .help = "Class of the accounts that belong to the group.",
     .example = "service",
     .need = Need::required,
     .bounds = {.form = &some_text}},
    {.name = "identity.group.mode",
     .field = at<&IdentityGroup::mode>,
     .help = "The mode for them, instead of identity.mode.",
     .example = "tag",
     .need = Need::required},
});

std::vector<Account>& accounts_of(Config& config) { return config.directory.accounts; }
std::vector<IdentityGroup>& groups_of(Config& config) { return config.identity.groups; }

constexpr Repeated<Account> accounts{
    .name = "directory.account",
    .after = "directory",
    .help = "An account: what it may write as, and its class. Rows of one login add up.",
    .rows = accounts_of,
    .keys = account_rows};

constexpr Repeated<IdentityGroup> groups{
    .name = "identity.group",
    .after = "identity",
    .help = "Accounts of one class that are treated otherwise than identity.mode says.",
    .rows = groups_of,
    .keys = group_rows};

}  // namespace

std::span<const Key<Config>> directory_keys() noexcept { return directory_rows; }
const Repeated<Account>& account_table() noexcept { return accounts; }
const Repeated<IdentityGroup>& identity_group_table() noexcept { return groups; }

}  // namespace milterward::conf
