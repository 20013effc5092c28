// SPDX-License-Identifier: Apache-2.0
// What DNS has to say of a key of ours (RFC 6376 section 3.6.1), in the two forms in which
// people publish it: as a line of a zone file, and as name and value for a web interface
// that splits long texts itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"

namespace milterward::sign {

/// "2026a._domainkey.example.org", without a final dot.
std::string key_record_name(std::string_view selector, const Domain& domain);

/// "v=DKIM1; k=rsa; p=..." Nothing that only takes away from what receivers accept: no h=,
/// since rsa-sha1 is refused anyway (RFC 8301), no s=, no t=.
std::string key_record_text(const ports::PrivateKey& key);

/// The record of a key that is used no more: an empty p= (RFC 6376 section 3.6.1).
std::string revoked_record_text(const ports::PrivateKey& key);

/// The texts of 255 octets at most that a TXT record carries (RFC 1035 section 3.3.14).
std::vector<std::string> txt_strings(std::string_view text);

/// NAME. IN TXT ( "..." "..." ): RFC 1035 section 5.1, on several lines where there are
/// several strings; with a line break at the end. For texts without quotes and backslashes.
std::string zone_file_record(std::string_view name, std::string_view text);

}  // namespace milterward::sign
