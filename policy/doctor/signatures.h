// SPDX-License-Identifier: Apache-2.0
// Does DNS show the public half of every key that signs for the domain, fit for use? RFC
// 6376 section 3.6, RFC 8301, RFC 8463. Of selectors without a private key here, only that
// the record is sound can be told.
#pragma once

#include <vector>

#include "policy/doctor/examination.h"

namespace milterward::doctor {

struct DkimStanding {
  bool is_known = true;         // everything was answered
  std::vector<Domain> signers;  // d= of signatures that verify, each once
};

/// `sends_nothing`: no signature is expected of the domain.
DkimStanding examine_dkim(Examination& examination, bool sends_nothing);

}  // namespace milterward::doctor
