// SPDX-License-Identifier: Apache-2.0
// What opendkim, opendmarc and dkimpy-milter have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/import/dataset.h"
#include "conf/import/draft.h"
#include "conf/import/old_files.h"
#include "conf/import/options.h"

namespace milterward::importing {

/// Options of one name and one meaning in opendkim, opendmarc and dkimpy-milter:
/// AuthservID, Syslog, SyslogFacility, DNSTimeout and MinimumKeyBits. False where it is
/// none of them.
bool translate_shared(Draft& draft, const Option& option);

/// AuthservID, and Authserv_Id of spf-engine.
void translate_authserv_id(Draft& draft, const Option& option);

/// What is told of an option that is switched off; false where it is on.
bool tell_if_off(Draft& draft, const Option& option,
                 std::string text = "it is switched off");

/// "relaxed", "relaxed/simple" as a word of sign.key.canonicalization, "" for neither. Of a
/// single word it is the form of the header; the body then has `body`.
std::string canonical_forms(std::string_view text, std::string_view body);

/// Names of header fields as signed by each key; nothing where our defaults hold.
struct SignedFields {
  bool differ = false;  // from our defaults
  std::vector<std::string> oversigned;
  std::vector<std::string> headers;
};

/// From SignHeaders, OversignHeaders and OmitHeaders, where they are given. Tells of each.
/// Our defaults protect more than the defaults of the old daemons, so they hold where
/// nothing was said; what was said is kept, and never less is oversigned.
Result<SignedFields, Unreadable> signed_fields(Draft& draft, const Options& options,
                                               const OldFiles& files,
                                               std::string_view base);

/// Puts a setting into every row of [[sign.key]] from `first` on.
void set_in_rows(Draft& draft, std::size_t first, const std::string& key,
                 const std::string& text);
void set_in_rows(Draft& draft, std::size_t first, const SignedFields& fields);

/// The words of a default in the key table.
std::vector<std::string> default_list(std::string_view sign_key_name);

}  // namespace milterward::importing
