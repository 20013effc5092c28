// SPDX-License-Identifier: Apache-2.0
// What a text value must look like where its C++ type is no more than std::string: a path,
// a socket, a selector.
#pragma once

#include <optional>
#include <string_view>

#include "conf/problem.h"

namespace milterward::conf {

struct Form {
  std::string_view name;  // as the manual calls it
  std::optional<Complaint> (*check)(std::string_view text);
};

extern const Form any_text;
extern const Form some_text;               // not empty
extern const Form file_path;               // absolute
extern const Form key_name;                // absolute, or pkcs11_uri.h
extern const Form file_or_none;            // absolute, or empty
extern const Form ladder;                  // ladder.h
extern const Form store_url;               // store_url.h
extern const Form web_url_or_none;         // web_url.h, or empty
extern const Form listen_address_or_none;  // listen_address.h, or empty
extern const Form milter_socket;  // unix:/path, inet:PORT@HOST, inet6:PORT@HOST, fd:N
extern const Form ip_address;     // IPv4 or IPv6
extern const Form port_or_none;   // 1 to 65535, or empty
extern const Form header_name;    // one that may be signed
extern const Form any_header_name;
extern const Form signing_identity;  // RFC 6376 section 3.5, i=; or empty
extern const Form selector;          // RFC 6376 section 3.1
extern const Form authserv_id;       // RFC 8601 section 2.5, or empty
extern const Form local_part_or_address;
extern const Form full_address;     // with a domain
extern const Form address_or_none;  // with a domain, or empty
extern const Form reply_rule;       // one of policy/base/reply_rules.h
extern const Form reply_text;       // one line of ASCII with known placeholders
extern const Form subject_tag;      // UTF-8 that fits into one encoded word
extern const Form list_name;        // of letters, digits, "." and "-"; or empty
extern const Form realm;            // a word without "@", or empty

}  // namespace milterward::conf
