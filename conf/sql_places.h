// SPDX-License-Identifier: Apache-2.0
// Places for values in the queries a postmaster writes: ":domain".
#pragma once

#include <string_view>

namespace milterward::conf {

/// Does `query` have the place `name`, written with a colon before it? "::domain" is a cast
/// of PostgreSQL, ":domains" another place.
bool has_place(std::string_view query, std::string_view name);

}  // namespace milterward::conf
