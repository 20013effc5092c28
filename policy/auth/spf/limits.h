// SPDX-License-Identifier: Apache-2.0
// What one SPF check may cost, whatever strangers publish. The numbers of RFC 7208 section
// 4.6.4 hold for the whole check, includes and redirects together.
#pragma once

#include <cstddef>

namespace milterward::auth {

inline constexpr unsigned spf_lookup_limit = 10;      // terms that ask DNS
inline constexpr unsigned spf_void_limit = 2;         // answers without records
inline constexpr std::size_t spf_mx_limit = 10;       // names of one mx: more is permerror
inline constexpr std::size_t spf_ptr_limit = 10;      // names of one client: more are cut
inline constexpr std::size_t spf_name_limit = 253;    // RFC 7208 section 7.3
inline constexpr std::size_t spf_label_limit = 63;    // RFC 1035 section 2.3.4
inline constexpr std::size_t spf_reason_limit = 200;  // of what we quote from a record
// An SMTP reply line is 512 octets (RFC 5321 section 4.5.3.1.5); our own words need some.
inline constexpr std::size_t spf_explanation_limit = 400;

}  // namespace milterward::auth
