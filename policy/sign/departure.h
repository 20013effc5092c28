// SPDX-License-Identifier: Apache-2.0
// What the MTA makes of a message behind the filter, so that signatures are over what
// leaves: it breaks long lines, and Sendmail writes address fields anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/header.h"
#include "policy/sign/long_lines.h"

namespace milterward::sign {

/// The MTA that carries our signature away, as far as it changes mail behind the filter.
enum class Mta { postfix, sendmail, other };

struct Departure {
  Mta mta = Mta::other;
  std::string host;    // the MTA's own name: macro j
  std::string mailer;  // {rcpt_mailer} of a recipient elsewhere, "" for none

  LineLimit line_limit() const;
};

/// A header as it will leave.
struct LeavingHeader {
  RawHeaders fields;                    // as many as there were, in their order
  std::vector<std::string> unforeseen;  // names, lower case: nobody knows how they leave
  std::vector<std::string> refolded;    // names, lower case: some field leaves otherwise
  bool may_gain_recipients = false;     // a missing To may be added

  bool leaves_unforeseen(std::string_view name) const noexcept;
  bool leaves_refolded(std::string_view name) const noexcept;
};

LeavingHeader leaving_header(const Departure& departure, const RawHeaders& headers);

}  // namespace milterward::sign
