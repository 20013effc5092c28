// SPDX-License-Identifier: Apache-2.0
// A gzip member (RFC 1952) without name and time: the same text makes the same octets.
#pragma once

#include <string>
#include <string_view>

namespace milterward::reports {

std::string gzip_of(std::string_view text);

}  // namespace milterward::reports
