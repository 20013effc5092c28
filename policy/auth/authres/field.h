// SPDX-License-Identifier: Apache-2.0
// The Authentication-Results field, as a value: RFC 8601 section 2.2. Printer and parser
// are inverse to each other.
//
//   authres-payload = authserv-id [ version ] ( no-result / 1*resinfo )
//   no-result = ";" "none"
//   resinfo   = ";" method [ "/" version ] "=" result [ "reason" "=" value ]
//               *( ptype "." property "=" pvalue )
//   pvalue    = value / [ [ local-part ] "@" ] domain-name
//   value     = token / quoted-string                     ; RFC 2045 section 5.1
//   with comments and folding white space between any two of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"
#include "policy/mail/field_text.h"

namespace milterward::auth {

inline constexpr std::string_view authres_field_name = "Authentication-Results";

/// "header.d=example.org"
struct AuthresProperty {
  std::string type;  // smtp, header, body, policy
  std::string name;
  std::string value;
  bool operator==(const AuthresProperty&) const = default;
};

/// One method and its result, "dkim=pass (2048-bit key) reason=\"...\"
/// header.d=example.org"
struct AuthresMethod {
  std::string method;
  std::string result;
  std::string comment;  // printable ASCII; parsing drops comments
  std::string reason;
  std::vector<AuthresProperty> properties;
  bool operator==(const AuthresMethod&) const = default;
};

struct AuthresField {
  std::string authserv_id;
  std::vector<AuthresMethod> methods;  // none: printed as "none"
  bool operator==(const AuthresField&) const = default;
};

enum class AuthresComments { shown, left_out };

struct AuthresForm {
  AuthresComments comments = AuthresComments::shown;
  FieldText text = FieldText::ascii;
};

/// The value with its leading space, folded with CRLF TAB: one method a line, and within a
/// method before column 78 where a blank allows it. What strangers chose cannot leave its
/// place: values are quoted where they must be, controls and octets that are not UTF-8
/// become "?", and what is longer than 480 octets is cut.
std::string print_authres(const AuthresField& field, AuthresForm form = {});

enum class AuthresFault { too_long, no_authserv_id, bad_method, bad_property };
std::string_view to_text(AuthresFault fault) noexcept;

/// Reads a value, folds and comments removed. Unknown methods and properties are kept; a
/// property without a type, such as the "action=none" that Exchange Online writes, is left
/// out.
Result<AuthresField, AuthresFault> parse_authres(std::string_view value);

}  // namespace milterward::auth
