// SPDX-License-Identifier: Apache-2.0
// The token that opens what names people, as browsers and programs send it.
#pragma once

#include <string>
#include <string_view>

namespace milterward::status {

enum class Credentials { none, right, wrong };

/// Of an Authorization field: "Bearer TOKEN" (RFC 6750 section 2.1), or "Basic" with the
/// token as password of any user (RFC 7617 section 2). With an empty `token` nothing is
/// right. Takes as long whatever octets are wrong.
Credentials credentials_in(std::string_view authorization, const std::string& token);

}  // namespace milterward::status
