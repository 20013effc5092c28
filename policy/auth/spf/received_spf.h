// SPDX-License-Identifier: Apache-2.0
// The Received-SPF field, RFC 7208 section 9.1: one for each identity that was checked, for
// filters older than Authentication-Results.
//
//   field = result "(" comment ")" 1*( key "=" ( dot-atom / quoted-string ) ";" )
//
// Fields that came with a message are left alone: like Received it is a trace field, which
// names no reader, so that what another host of ours or a stranger wrote cannot be told
// apart. RFC 7208 has the newest stand above all others, and ours does.
#pragma once

#include <string>
#include <string_view>

#include "policy/mail/field_text.h"
#include "policy/mail/header.h"
#include "policy/mail/network.h"
#include "policy/ports/spf_checker.h"

namespace milterward::auth {

inline constexpr std::string_view received_spf_field_name = "Received-SPF";

/// What was checked, as the client said it.
struct ReceivedSpf {
  ports::SpfIdentity identity = ports::SpfIdentity::mail_from;
  std::string receiver;  // the host that checked
  IpAddress client;
  std::string helo;
  std::string mail_from;  // without brackets; "" for the null sender
  FieldText text = FieldText::ascii;
};

/// The value begins with a space and is folded with CRLF TAB before column 78 where a blank
/// allows it. Of what strangers chose, nothing but printable ASCII remains, quoted and cut;
/// in an internationalized message UTF-8 too. Domains stand as A-labels.
RawHeader received_spf_field(const ReceivedSpf& checked, const ports::SpfFinding& finding);

}  // namespace milterward::auth
