// SPDX-License-Identifier: Apache-2.0
// The query of a lookup table of Postfix (mysql_table(5), pgsql_table(5), sqlite_table(5))
// in the words of [directory.sql], where the database fills in the places.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace milterward::attach {

/// `settings` is the file that "mysql:/etc/postfix/x.cf" names; `whole` stands for %s:
/// "domain" or "address". "SELECT 1 FROM d WHERE name='%s'" becomes "SELECT 1 FROM d WHERE
/// name=:domain". Nothing where there is no query, or one with places that we do not have.
std::optional<std::string> query_for_us(std::string_view settings, std::string_view whole);

}  // namespace milterward::attach
