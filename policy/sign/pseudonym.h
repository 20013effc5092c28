// SPDX-License-Identifier: Apache-2.0
// Addresses without the person: the local part is replaced by a keyed hash, so that equal
// ones stay equal, those who know the address find it, and those who have the file alone
// cannot try names out. The key is that of the trace header, which all hosts of a site
// share.
#pragma once

#include <string>
#include <string_view>

#include "policy/sign/trace.h"

namespace milterward::sign {

/// Names in one place are not those in another: who has both cannot tell who is who.
enum class PseudonymUse {
  journal,
  report,  // what others are shown (RFC 6590)
};

/// "joe@example.org" becomes "~1f2e3d4c5b6a7988@example.org", a login without "@"
/// "~1f2e3d4c5b6a7988". Letter case makes no difference to the hash; the domain stays as
/// given, and so do "" and what is such a name already.
std::string pseudonym_of(std::string_view address, const TraceSecret& secret,
                         PseudonymUse use = PseudonymUse::journal);

}  // namespace milterward::sign
