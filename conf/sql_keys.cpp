// SPDX-License-Identifier: Apache-2.0
// The rows of the directory in a database: [directory.sql].
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto sql_rows = std::to_array<Key<Config>>({
    {.name = "directory.sql.engine",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::engine>,
     .fallback = "none",
     .help =
         "Which database is asked; it takes the package milterward-sql and SOCI's module "
         "for the engine (libsoci-postgresql4.0, for example)."},
    {.name = "directory.sql.connection",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::connection>,
     .help = "How to reach it, in the engine's own words. The time-outs of the connection "
             "are set by Milterward. Whoever can read this file can read a password in it; "
             "PostgreSQL also takes passfile=/path.",
     .example = "host=/run/postgresql dbname=mail user=milterward"},
    {.name = "directory.sql.domain_query",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::domain_query>,
     .help = "Is :domain ours? A row says yes. Empty: the database is not asked.",
     .example = "SELECT 1 FROM domains WHERE name = :domain"},
    {.name = "directory.sql.owner_query",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::owner_query>,
     .help = "Which logins may write as :address? One in each row, or several with commas "
             "between. :local and :domain are its parts, in lower case as :address is.",
     .example = "SELECT login FROM owners WHERE address IN (:address, '@' || :domain)"},
    {.name = "directory.sql.class_query",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::class_query>,
     .help =
         "Which class has :login, in lower case and with its realm? The first row counts.",
     .example = "SELECT class FROM accounts WHERE login = :login"},
    {.name = "directory.sql.established_query",
     .field =
         at<&Config::directory, &DirectorySettings::sql, &SqlSettings::established_query>,
     .help = "Is :login, as above, no new account? A row says yes: it climbs no ladder "
             "(quota.class.warm_up).",
     .example = "SELECT 1 FROM accounts WHERE login = :login AND created < '2026-01-01'"},
    {.name = "directory.sql.key_query",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::key_query>,
     .help = "Which private keys has :domain? Each row is a selector and a key in PEM; all "
             "of them sign, as those in sign.directory do. Whoever can read that table can "
             "sign as its domains.",
     .example = "SELECT selector, pem FROM keys WHERE domain = :domain"},
    {.name = "directory.sql.threads",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::threads>,
     .fallback = "4",
     .help =
         "How many connections to the database there are at most, each with a thread of "
         "its own. As many again may hang in a database that takes questions and never "
         "answers; then nothing more is asked until one comes back.",
     .bounds = {.least = "1", .most = "100"}},
    {.name = "directory.sql.timeout",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::timeout>,
     .fallback = "3s",
     .help = "Longest wait for the answer to one question. Without an answer mail is told "
             "to come back (451); it is never refused for that.",
     .bounds = {.least = "100ms", .most = "60s"}},
    {.name = "directory.sql.lifetime",
     .field = at<&Config::directory, &DirectorySettings::sql, &SqlSettings::lifetime>,
     .fallback = "60s",
     .help = "How long an answer is remembered; \"0s\" for not at all. A change in the "
             "database counts after that time at the latest.",
     .bounds = {.least = "0s", .most = "24h"}},
});

}  // namespace

std::span<const Key<Config>> sql_keys() noexcept { return sql_rows; }

}  // namespace milterward::conf
